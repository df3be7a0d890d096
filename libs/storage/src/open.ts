import { ParquetryError, parseStorageUri } from '@parquetry/core';
import { isObserved } from '@parquetry/system';
import { assertKey } from './key';
import { LocalStore } from './local';
import { ObservedStore } from './observed';
import type { StoreOptions } from './settings';
import type { ManagedStore } from './store';

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,221}$/;

/**
 * The store of a root such as `./archive`, `~/data`, `file:///data`, `s3://bucket/prefix`, `gs://bucket/prefix`.
 * Missing options are read from the environment (docs/storage.md). No request is sent.
 * @throws ParquetryError CONFIG_INVALID, KEY_INVALID
 */
export function openStore(uri: string, options: StoreOptions = {}): ManagedStore {
  assertPlain(uri);
  const location = parseStorageUri(uri);
  const store = openAt(location, options);
  return isObserved() ? new ObservedStore(store, location.scheme) : store;
}

function openAt(location: ReturnType<typeof parseStorageUri>, options: StoreOptions): ManagedStore {
  if (location.scheme === 'file') return new LocalStore(location.path);
  const { scheme, bucket, prefix } = location;
  if (!BUCKET.test(bucket))
    throw new ParquetryError('CONFIG_INVALID', `"${bucket}" is not a valid bucket name.`, {
      hint: 'Use s3://bucket/prefix or gs://bucket/prefix.',
    });
  if (prefix !== '') assertKey(prefix);
  // Loaded at first use: they are most of this library, and many archives are local.
  if (scheme === 's3') {
    const { S3Store } = require('./s3/store') as typeof import('./s3/store');
    return new S3Store(bucket, prefix, options);
  }
  const { GcsStore } = require('./gcs/store') as typeof import('./gcs/store');
  return new GcsStore(bucket, prefix, options);
}

/** True for a location on S3 or Google Cloud Storage. */
export function isRemote(uri: string): boolean {
  return /^(?:s3|gs):/.test(uri);
}

/**
 * Refuses a remote location with a user, a password or a query in it, before its text can appear anywhere: users paste
 * keys and signed URLs here.
 * @throws ParquetryError CONFIG_INVALID
 */
export function assertPlain(uri: string): void {
  if (!isRemote(uri) || !/[?#@]/.test(uri)) return;
  throw new ParquetryError(
    'CONFIG_INVALID',
    `A ${uri.slice(0, 2)}:// location has only a bucket and a prefix: no user, no password, no query.`,
    { hint: 'Pass credentials and settings as described in docs/storage.md.' },
  );
}
