export { assertKey, compareKeys, isTempName, keyFault, TEMP_PREFIX } from './key';
export { LocalStore } from './local';
export { openStore } from './open';
export { expandPath } from './root';
export type { ListedObject, ObjectInfo, ObjectStore, PutOutcome, UploadExpectation } from './store';
