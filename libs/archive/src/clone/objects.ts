import { createHash } from 'node:crypto';
import path from 'node:path';
import { isParquetryError, ParquetryError } from '@parquetry/core';
import { type ContentIdentity, localCopy, localFile, type ObjectStore } from '@parquetry/storage';
import { rm } from 'node:fs/promises';
import { REUSE_MS } from '../upload';

/** The two stores of a copy. */
export interface Copying {
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  /** Folder for copies of remote objects. */
  readonly tempDir: string;
  readonly clock: () => number;
  readonly signal: AbortSignal | undefined;
}

/** What an object of the target is. */
export interface TargetObject {
  /** Whether the target's log names it. */
  readonly live: boolean;
  /** Reads the log again: the sha256 that it has for the object now; undefined when it does not name it. */
  readonly named?: () => Promise<string | undefined>;
}

/**
 * Copies an object with a known content, and checks its bytes as they pass. An equal object at the target is kept,
 * unless it is so old that `gc` may remove it; a different one is replaced, unless a run may have committed it or be about to.
 * @throws ParquetryError FILE_CORRUPT when the source has other bytes, OBJECT_NOT_FOUND, COMMIT_CONTENDED
 */
export async function copyObject(
  { from, to, tempDir, clock, signal }: Copying,
  key: string,
  { sha256, size }: ContentIdentity,
  { live, named }: TargetObject,
): Promise<'copied' | 'kept'> {
  const identity = { sha256, size };
  const own = await localFile(from, key);
  const there = await to.stat(key);
  let equal = false;
  if (there !== undefined) {
    const same = await to.holds(key, own ?? path.join(tempDir, sha256), identity);
    if (same !== undefined && (live || same.modified > clock() - REUSE_MS)) return 'kept';
    equal = same !== undefined;
  }
  const file = await localCopy(from, { key, ...identity }, tempDir, signal);
  try {
    if (there !== undefined) {
      // What the target has is only given up for bytes that are right; `localCopy` checks those of a remote store.
      if (own !== undefined && (await from.sha256(key)) !== sha256) throw altered(from, key);
      if (!live && named !== undefined) {
        const now = await named();
        if (now !== undefined && equal) return 'kept';
        if (now !== sha256 && (now !== undefined || there.modified > clock() - REUSE_MS))
          throw foreign(to, key);
      }
      await to.delete(key);
    }
    const outcome = await to.uploadIfAbsent(key, file, {
      ...identity,
      // A copy shares no bytes with the source on disk.
      final: own === undefined,
      ...(signal === undefined ? {} : { signal }),
    });
    if (outcome === 'created' || (await to.holds(key, file, identity)) !== undefined) return 'copied';
    throw busy(to, key);
  } catch (error) {
    if (!isParquetryError(error)) throw error;
    if (error.code === 'STAGE_LOST')
      throw new ParquetryError(
        'OBJECT_NOT_FOUND',
        `Can't read ${from.uri}/${key}: there is no such object.`,
        {
          details: { key },
          cause: error,
        },
      );
    if (error.code !== 'VERIFY_MISMATCH') throw error;
    throw altered(from, key, error);
  } finally {
    if (own === undefined) await rm(file, { force: true });
  }
}

/**
 * Copies a small object whose content the target may already have.
 * @throws ParquetryError ARCHIVE_MISMATCH when the target has another one
 */
export async function copySmall({ from, to }: Copying, key: string): Promise<void> {
  const bytes = await from.get(key);
  if ((await to.putIfAbsent(key, bytes)) === 'created') return;
  if (Buffer.from(bytes).equals(await to.get(key))) return;
  throw new ParquetryError('ARCHIVE_MISMATCH', `${to.uri} has another ${key} than ${from.uri}.`, {
    details: { key },
    hint: 'Clone to an empty place, or to an earlier clone of the same archive.',
  });
}

/** Copies an object without a recorded checksum: of its bytes as the source has them now. */
export async function copyUnrecorded(copying: Copying, key: string): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of copying.from.read(key)) {
    hash.update(chunk);
    size += chunk.length;
  }
  await copyObject(copying, key, { sha256: hash.digest('hex'), size }, { live: true });
}

function altered(from: ObjectStore, key: string, cause?: ParquetryError): ParquetryError {
  return new ParquetryError('FILE_CORRUPT', `${from.uri}/${key} is not the file that was committed.`, {
    details: { ...cause?.details, key },
    hint: 'Run `parquetry verify` on the source: it lists every altered file. Rewrite their ledgers with `parquetry backfill --mode replace`.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function foreign(to: ObjectStore, key: string): ParquetryError {
  return new ParquetryError(
    'COMMIT_CONTENDED',
    `${to.uri}/${key} has other bytes, and a run may have just written it.`,
    {
      details: { key },
      hint: 'Run no backfill or tail over the same ledgers of the target. Repeat the clone; what no commit names is replaced after a day.',
    },
  );
}

function busy(to: ObjectStore, key: string): ParquetryError {
  return new ParquetryError('COMMIT_CONTENDED', `Another program writes ${to.uri}/${key}.`, {
    details: { key },
    hint: 'Run one clone to a target at a time.',
  });
}
