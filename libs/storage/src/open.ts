import { ParquetryError, parseStorageUri } from '@parquetry/core';
import { GcsStore } from './gcs/store';
import { assertKey } from './key';
import { LocalStore } from './local';
import { S3Store } from './s3/store';
import type { StoreOptions } from './settings';
import type { ManagedStore } from './store';

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,221}$/;

/**
 * The store of a root such as `./archive`, `~/data`, `file:///data`, `s3://bucket/prefix`, `gs://bucket/prefix`. What
 * the options leave out comes from the environment (docs/storage.md). Nothing is asked of the service yet.
 * @throws ParquetryError CONFIG_INVALID, KEY_INVALID
 */
export function openStore(uri: string, options: StoreOptions = {}): ManagedStore {
  const remote = /^(?:s3|gs):/.exec(uri);
  // Before anything may show the text: people paste keys and signed addresses here.
  if (remote !== null && /[?#@]/.test(uri))
    throw new ParquetryError(
      'CONFIG_INVALID',
      `A ${remote[0]}// location holds a bucket and a prefix only: no user, no password, no query.`,
      { hint: 'Give credentials and settings as docs/storage.md says.' },
    );
  const location = parseStorageUri(uri);
  if (location.scheme === 'file') return new LocalStore(location.path);
  const { scheme, bucket, prefix } = location;
  if (!BUCKET.test(bucket))
    throw new ParquetryError('CONFIG_INVALID', `"${bucket}" is not the name of a bucket.`, {
      hint: 'Use s3://bucket/prefix or gs://bucket/prefix.',
    });
  if (prefix !== '') assertKey(prefix);
  return scheme === 's3' ? new S3Store(bucket, prefix, options) : new GcsStore(bucket, prefix, options);
}
