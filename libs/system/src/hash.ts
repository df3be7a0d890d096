import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { ParquetryError } from '@parquetry/core';

/** One buffer for the whole file: allocating memory per chunk costs more than the hash. */
const CHUNK_BYTES = 1 << 20;

/** Options of `hashFile`. */
export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets every chunk before it is hashed; the buffer is reused afterwards. */
  readonly onChunk?: (chunk: Buffer) => Promise<void>;
}

/**
 * Size in bytes and sha256 (hex) of a file, by path or from the start of an open handle.
 * @throws ParquetryError CANCELLED, and errors of the file system
 */
export async function hashFile(
  file: string | FileHandle,
  { signal, onChunk }: HashOptions = {},
): Promise<{ sha256: string; size: number }> {
  if (typeof file === 'string') {
    const handle = await open(file, 'r');
    try {
      return await hashFile(handle, { signal, ...(onChunk === undefined ? {} : { onChunk }) });
    } finally {
      await handle.close();
    }
  }
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let size = 0; ;) {
    if (signal?.aborted === true) throw new ParquetryError('CANCELLED', 'Cancelled while a file was hashed.');
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), size };
    const chunk = buffer.subarray(0, bytesRead);
    await onChunk?.(chunk);
    hash.update(chunk);
    size += bytesRead;
  }
}
