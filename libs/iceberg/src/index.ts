export { type Registration, RestCatalog } from './catalog';
export { checkIceberg } from './check';
export { icebergRoot } from './location';
export { hasIceberg, removeIceberg, type SyncResult, syncIceberg } from './sync';
export { unusedObjects } from './unused';
