import { ParquetryError, parseStorageUri } from '@parquetry/core';
import { LocalStore } from './local';
import type { ObjectStore } from './store';

/**
 * The store of a root such as `./archive`, `~/data`, `file:///data`.
 * @throws ParquetryError CONFIG_INVALID, NOT_AVAILABLE for `s3://` and `gs://`
 */
export function openStore(uri: string): ObjectStore {
  const location = parseStorageUri(uri);
  if (location.scheme === 'file') return new LocalStore(location.path);
  throw new ParquetryError(
    'NOT_AVAILABLE',
    `This version stores archives on local disk only; ${location.scheme}:// is not available yet.`,
    { details: { scheme: location.scheme }, hint: 'Use a local path.' },
  );
}
