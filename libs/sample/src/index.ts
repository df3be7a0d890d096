export { writeSampleLake } from './lake';
export { writeSampleMessages } from './messages';
export { SAMPLE_NETWORK } from './options';
