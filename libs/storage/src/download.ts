import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ParquetryError } from '@parquetry/core';
import type { ContentIdentity, ObjectStore } from './store';

/** What a committed object must be; its size where the commit says it. */
export type Committed = Pick<ContentIdentity, 'sha256'> & Partial<ContentIdentity>;

/**
 * Appends an object's bytes to an open file as they come, whatever its size, and gives how many they were. What was
 * appended counts only when the call returns.
 * @throws ParquetryError FILE_CORRUPT when the object is not what was committed, OBJECT_NOT_FOUND; the signal's reason
 */
export async function download(
  store: ObjectStore,
  key: string,
  committed: Committed,
  to: FileHandle,
  signal?: AbortSignal,
): Promise<number> {
  const { size = Infinity, sha256 } = committed;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of store.read(key)) {
    signal?.throwIfAborted();
    bytes += chunk.length;
    // An object that grew must not fill the disk before its sha256 is looked at.
    if (bytes > size) throw altered(store, key, committed, `more than ${size} bytes`, bytes);
    hash.update(chunk);
    await to.writeFile(chunk);
  }
  if (committed.size !== undefined && bytes < committed.size)
    throw altered(store, key, committed, `${bytes} bytes`, bytes);
  const found = hash.digest('hex');
  if (found !== sha256) throw altered(store, key, committed, `sha256 ${found}`, bytes);
  return bytes;
}

function altered(
  store: ObjectStore,
  key: string,
  { size, sha256 }: Committed,
  found: string,
  bytes: number,
): ParquetryError {
  const expected = size === undefined || bytes === size ? sha256 : `${size} bytes`;
  return new ParquetryError(
    'FILE_CORRUPT',
    `${store.uri}/${key} is not the file that was committed: it has ${found}, expected ${expected}.`,
    {
      details: { key, size: bytes, expectedSize: size ?? null, expectedSha256: sha256 },
      hint: 'Run `parquetry verify` on the archive: it names every file that was altered. Their ledgers are written anew from the source with `parquetry backfill --mode replace`.',
    },
  );
}
