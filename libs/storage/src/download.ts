import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';
import type { ContentIdentity, ObjectStore } from './store';

/** Expected content of a committed object; the size is optional. */
export type Committed = Pick<ContentIdentity, 'sha256'> & Partial<ContentIdentity>;

/**
 * Streams an object of any size to the end of an open file, and returns the number of bytes. The appended bytes are
 * valid only if the call succeeds.
 * @throws ParquetryError FILE_CORRUPT when the object differs from what was committed, OBJECT_NOT_FOUND; the signal's
 * reason
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
    // An object that grew must not fill the disk before its sha256 is checked.
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

/**
 * The path of an object for a reader that opens it itself; undefined when the store is not local. A link that leads out
 * of the store is refused, and so is a pipe or a device, which may have no end.
 * @throws ParquetryError KEY_INVALID, OBJECT_NOT_FOUND
 */
export async function localFile(store: ObjectStore, key: string): Promise<string | undefined> {
  const own = store.localPath(key);
  if (own === undefined || (await store.stat(key)) !== undefined) return own;
  throw new ParquetryError('OBJECT_NOT_FOUND', `Can't read ${own}: there is no such file.`, {
    details: { key },
  });
}

/**
 * The path of an object on this machine: its own, or that of a copy in `folder`, named by its sha256.
 * @throws ParquetryError KEY_INVALID for a link out of the store; FILE_CORRUPT when the copy differs from what was committed, OBJECT_NOT_FOUND
 */
export async function localCopy(
  store: ObjectStore,
  { key, ...committed }: Committed & { readonly key: string },
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  const own = await localFile(store, key);
  if (own !== undefined) return own;
  const copy = path.join(folder, committed.sha256);
  const handle = await open(copy, 'w');
  try {
    await download(store, key, committed, handle, signal);
  } finally {
    await handle.close();
  }
  return copy;
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
      hint: 'Run `parquetry verify` on the archive: it lists every altered file. Rewrite their ledgers from the source with `parquetry backfill --mode replace`.',
    },
  );
}
