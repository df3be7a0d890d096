export { type Registration, RestCatalog } from './catalog';
export { checkIceberg } from './check';
export { followIceberg } from './follow';
export { icebergRoot } from './location';
export { parseExact } from './metrics';
export { rebuildIceberg } from './rebuild';
export { hasIceberg, type SyncResult, syncIceberg } from './sync';
export { unusedObjects } from './unused';
