import type { Define } from '../cli';
import { define as check } from './schemacheck';
import { define as diff } from './schemadiff';
import { define as exported } from './schemaexport';
import { define as list } from './schemalist';
import { define as promote } from './schemapromote';
import { define as show } from './schemashow';

/** `parquetry schema …` */
export const define: Define = ({ group }) =>
  group('schema', 'show and change the schema registry of an archive', 'Look', [
    list,
    show,
    diff,
    check,
    promote,
    exported,
  ]);
