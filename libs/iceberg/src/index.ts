export { type Registration, RestCatalog } from './catalog';
export { checkIceberg } from './check';
export { hasIceberg, removeIceberg, type SyncResult, syncIceberg } from './sync';
export { unusedObjects } from './unused';
