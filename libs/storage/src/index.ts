export { download, localCopy, localFile } from './download';
export { serviceAddress } from './endpoint';
export { FileCache } from './filecache';
export { assertKey, compareKeys, keyFault } from './key';
export { LocalStore } from './local';
export { assertPlain, isRemote, openStore } from './open';
export { expandPath } from './root';
export { type Fault, NoAnswer, networkCode, readRetryAfter } from './remote/fault';
export { type RetryPolicy, limited, retrying } from './remote/retry';
export type { StoreOptions } from './settings';
export { fileIdentity } from './temp';
export type {
  ContentIdentity,
  ListedObject,
  ManagedStore,
  ObjectInfo,
  ObjectStore,
  PendingUpload,
  PutOutcome,
  UploadExpectation,
} from './store';
