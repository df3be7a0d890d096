import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isParquetryError, ParquetryError, systemErrorCode } from '@parquetry/core';
import { inspectFile } from './files';
import type { SourceFile } from './sourcefile';
import { ZstdFrames } from '../../zstd/stream';
import { fetchAnswer, isAnswer } from '../../processor';
import { fetchObject } from './remote';

const underWay = new Map<string, Promise<number>>();

/**
 * Ensures that `dir` has the decompressed copy of a compressed file, or the copy of an object in a bucket. `waits`: for a
 * processor's answer, see `fetchAnswer`.
 * @returns its path, and the bytes read from the source: 0 if the copy existed
 * @throws ParquetryError SOURCE_CORRUPT if the file can't be decompressed, SOURCE_NOT_FOUND, STAGE_FULL if the disk
 *   is full, and the errors of an `ObjectStore`
 */
export async function ensureSpool(
  file: SourceFile,
  dir: string,
  signal?: AbortSignal,
  waits = true,
): Promise<{ readonly path: string; readonly bytesRead: number }> {
  const target = path.join(dir, file.spool as string);
  // Pulls of one thread share the copy. Two threads may both make one; the rename is atomic.
  for (let shared = underWay.get(target); shared !== undefined; shared = underWay.get(target))
    await shared.catch(() => undefined);
  const work = spoolOnce(file, target, signal, waits).finally(() => underWay.delete(target));
  underWay.set(target, work);
  return { path: target, bytesRead: await work };
}

/** A name for the unfinished copy that no other thread or process uses. */
function draftOf(target: string, kind: string): string {
  return `${target}.${process.pid}-${randomBytes(4).toString('hex')}.${kind}`;
}

async function spoolOnce(
  file: SourceFile,
  target: string,
  signal: AbortSignal | undefined,
  waits: boolean,
): Promise<number> {
  const present = await stat(target).catch(() => undefined);
  return present === undefined ? spool(file, target, signal, waits) : 0;
}

async function spool(
  file: SourceFile,
  target: string,
  signal: AbortSignal | undefined,
  waits: boolean,
): Promise<number> {
  await mkdir(path.dirname(target), { recursive: true });
  if (file.packing !== 'remote') return unpack(file, target, signal);
  const fetched = draftOf(target, 'fetched');
  try {
    const bytesRead = isAnswer(file)
      ? await fetchAnswer(file, fetched, signal, { waits })
      : await fetchObject(file, fetched, signal);
    const { packing } = await inspectFile(file.name, fetched);
    if (packing === 'none') await rename(fetched, target);
    else await unpack({ ...file, path: fetched, packing }, target, signal);
    return bytesRead;
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw spoolError(file, cause);
  } finally {
    await rm(fetched, { force: true });
  }
}

async function unpack(file: SourceFile, target: string, signal: AbortSignal | undefined): Promise<number> {
  const partial = draftOf(target, 'part');
  const source = createReadStream(file.path, { highWaterMark: 1 << 20 });
  try {
    const gunzip = createGunzip({ chunkSize: 1 << 18 });
    const decoder = file.packing === 'gzip' ? gunzip : new ZstdFrames();
    await pipeline(
      source,
      decoder,
      createWriteStream(partial),
      ...(signal === undefined ? [] : [{ signal }]),
    );
    if (file.packing === 'gzip') await checkPadding(file.path, gunzip.bytesWritten);
    await rename(partial, target);
    return source.bytesRead;
  } catch (cause) {
    await rm(partial, { force: true });
    if (signal?.aborted === true) throw cause;
    throw spoolError(file, cause);
  }
}

/** zlib stops at zero bytes after a gzip member. Only zeros may follow, else content would be lost. */
async function checkPadding(name: string, from: number): Promise<void> {
  for await (const chunk of createReadStream(name, { start: from }))
    if ((chunk as Buffer).some((byte) => byte !== 0)) throw new Error('bytes follow the padding');
}

function spoolError(file: SourceFile, cause: unknown): unknown {
  if (isParquetryError(cause)) return cause;
  const code = systemErrorCode(cause);
  if (code === 'ENOENT')
    return new ParquetryError('SOURCE_NOT_FOUND', `${file.name} no longer exists.`, { cause });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ParquetryError('STAGE_FULL', `The disk has no space for a copy of ${file.name}.`, { cause });
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return cause;
  return new ParquetryError(
    'SOURCE_CORRUPT',
    `${file.name} can't be decompressed: ${(cause as Error).message}.`,
    {
      details: { file: file.name },
      cause,
    },
  );
}
