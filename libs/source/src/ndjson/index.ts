export { openNdjsonSource } from './open';
export type { NdjsonOptions } from './options';
