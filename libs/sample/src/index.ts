export type { SampleLake, SampleLakeOptions } from './lake';
export { writeSampleLake } from './lake';
export type { SampleMessages, SampleMessagesOptions } from './messages';
export { writeSampleMessages } from './messages';
export type { SampleOptions } from './options';
export { SAMPLE_NETWORK } from './options';
