import type { Define } from '../cli';
import { define as register } from './icebergregister';
import { define as sync } from './icebergsync';

/** `parquetry iceberg …` */
export const define: Define = ({ group }) =>
  group('iceberg', 'Iceberg tables over the same files, for readers without Delta', 'Maintain', [
    sync,
    register,
  ]);
