import type { FileHandle } from 'node:fs/promises';
import { ParquetryError } from '@parquetry/core';
import { MAX_LINE, lineAt } from '../ndjson/files/lines';

const CHUNK = 1 << 20;

/** Reads about a chunk of whole lines from an offset; the last line of a file that can't grow may lack its line end. */
export async function readLines(
  handle: FileHandle,
  start: number,
  size: number,
  whole: boolean,
): Promise<Buffer | undefined> {
  for (let want = CHUNK; ; want *= 2) {
    const bytes = await readExactly(handle, start, Math.min(want, size - start));
    const end = bytes.lastIndexOf(10);
    if (end >= 0) return bytes.subarray(0, end + 1);
    if (start + bytes.length >= size) return whole && bytes.length > 0 ? bytes : undefined;
    if (want > 2 * MAX_LINE)
      throw new ParquetryError(
        'SOURCE_CORRUPT',
        `A line of the source is longer than ${2 * MAX_LINE} bytes.`,
      );
  }
}

/** Reads bytes of a file, fewer at its end. */
export async function readExactly(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await handle.read(bytes, have, length - have, start + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return bytes.subarray(0, have);
}

/** Calls `use` for the text of each line; skips a byte order mark at the start of the file. */
export function forLines(
  bytes: Buffer,
  offset: number,
  use: (start: number, end: number, number: number) => void,
): void {
  let number = 0;
  for (let at = 0; at < bytes.length; number++) {
    const { start, end, next } = lineAt(bytes, at, offset === 0 && at === 0);
    use(start, end, number);
    at = next;
  }
}

/** Line ends in `bytes`. */
export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}
