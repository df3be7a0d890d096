import type { LiveFile } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import { type FileCache, type ObjectStore, localFile } from '@parquetry/storage';

/** Maximum number of concurrent downloads. */
const AT_ONCE = 4;

/**
 * The local path of each committed file, by key. Files of a remote archive are copied into the cache.
 * @throws ParquetryError KEY_INVALID for a link out of the archive, OBJECT_NOT_FOUND, NOT_AVAILABLE for a remote file without a sha256 in the log
 */
export async function localFiles(
  store: ObjectStore,
  cache: FileCache,
  files: readonly LiveFile[],
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  const queue: LiveFile[] = [];
  for (const file of files) {
    const local = await localFile(store, file.key);
    if (local === undefined) queue.push(file);
    else paths.set(file.key, local);
  }
  const load = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      paths.set(file.key, await cache.file(store, withHash(store, file)));
  };
  const loads = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, () =>
      load().catch((error: unknown) => {
        queue.length = 0;
        throw error;
      }),
    ),
  );
  for (const loaded of loads) if (loaded.status === 'rejected') throw loaded.reason;
  return paths;
}

function withHash(
  store: ObjectStore,
  { key, size, sha256 }: LiveFile,
): { key: string; size: number; sha256: string } {
  if (sha256 !== undefined) return { key, size, sha256 };
  throw new ParquetryError(
    'NOT_AVAILABLE',
    `The log of ${store.uri} has no sha256 of ${key}: another program committed it.`,
    {
      details: { key },
      hint: 'Query it with a Delta reader.',
    },
  );
}
