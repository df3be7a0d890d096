import type { Define } from '../cli';
import { define as setCurrent } from './deploymentsetcurrent';
import { define as show } from './deploymentshow';

/** `parquetry deployment …` */
export const define: Define = ({ group }) =>
  group('deployment', 'show and switch the builds of versioned workers', 'Run', [show, setCurrent]);
