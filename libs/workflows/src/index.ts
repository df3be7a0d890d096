export * from './contract/activities';
export * from './contract/compact';
export * from './contract/messages';
export * from './contract/names';
export * from './contract/schedule';
export * from './contract/tail';
export * from './contract/tally';
export * from './contract/types';
