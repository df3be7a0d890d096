import type { Define } from '../cli';
import { define as check } from './configcheck';
import { define as schema } from './configschema';
import { define as show } from './configshow';

/** `parquetry config …` */
export const define: Define = ({ group }) =>
  group('config', 'show and check settings from the command line, the environment and the file', 'Prepare', [
    show,
    check,
    schema,
  ]);
