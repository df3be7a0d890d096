export * from './contract/activities';
export * from './contract/messages';
export * from './contract/names';
export * from './contract/tally';
export * from './contract/types';
