export { type Committed, download } from './download';
export { type CachedObject, FileCache } from './filecache';
export { GcsStore } from './gcs/store';
export { assertKey, compareKeys, isTempName, keyFault, TEMP_PREFIX } from './key';
export { LocalStore } from './local';
export { assertPlain, isRemote, openStore } from './open';
export { expandPath } from './root';
export { type Fault, NoAnswer, networkCode, readRetryAfter } from './remote/fault';
export { type RetryPolicy, limited, retrying } from './remote/retry';
export { S3Store } from './s3/store';
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
