import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type FileIdentity, fileIdentity } from '@parquetry/core';
import { hashFile } from '@parquetry/system';
import type { AsyncBuffer } from 'hyparquet';

const HASH_CHUNK = 1 << 20;

/** Bytes with random access. */
export interface Bytes {
  readonly buffer: AsyncBuffer;
  /** sha256 of all bytes, hex. */
  sha256(signal?: AbortSignal): Promise<string>;
}

/** A local file with random access. */
export interface OpenFile extends Bytes {
  /** Its identity before any byte was read. */
  readonly mark: FileIdentity;
  close(): Promise<void>;
}

/** Opens a local file; a range beyond its end fails instead of returning fewer bytes. */
export async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, 'r');
  try {
    const stats = await handle.stat();
    const { size } = stats;
    const slice = (start: number, end: number = size): Promise<ArrayBuffer> =>
      readRange(handle, start < 0 ? size + start : start, end < 0 ? size + end : end);
    return {
      buffer: { byteLength: size, slice },
      mark: fileIdentity(stats),
      sha256: async (signal) => (await hashFile(handle, { signal })).sha256,
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const { size } = await handle.stat();
  if (!(start >= 0 && start <= end && end <= size))
    throw new RangeError(`bytes ${start}-${end} are not within the file's ${size}`);
  const bytes = new Uint8Array(end - start);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) throw new RangeError(`the file ended at byte ${start + done}`);
    done += bytesRead;
  }
  return bytes.buffer;
}

/** Bytes that the caller reads. */
export function bytesOf(buffer: AsyncBuffer): Bytes {
  return { buffer, sha256: (signal) => bufferSha256(buffer, signal) };
}

async function bufferSha256(buffer: AsyncBuffer, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < buffer.byteLength; at += HASH_CHUNK) {
    signal?.throwIfAborted();
    const part = await buffer.slice(at, Math.min(at + HASH_CHUNK, buffer.byteLength));
    hash.update(new Uint8Array(part));
  }
  return hash.digest('hex');
}
