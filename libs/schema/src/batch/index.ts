export { BatchBuilder } from './builder';
export type { CellValue } from './cell';
export { BatchEncoder, readBatches } from './ipc';
