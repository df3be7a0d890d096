import type { FileHandle } from 'node:fs/promises';
import type { MessageFault } from '../../message';
import { beginning, type LongLine, LongLineHash } from './long';

/** Maximum length of a line in bytes; a longer one is rejected as LINE_TOO_LONG. */
export const MAX_LINE = 64 << 20;

/** The fault of a line longer than `MAX_LINE`. */
export const TOO_LONG: MessageFault = {
  code: 'LINE_TOO_LONG',
  reason: `The line is longer than ${MAX_LINE} bytes; its beginning is kept.`,
};

const CHUNK = 4 << 20;

/** Whole lines of a file in one buffer, which the next batch overwrites. */
export interface LineBatch {
  readonly bytes: Buffer;
  /** Offset of the first byte in the file. */
  readonly start: number;
  /** Set for a line longer than `MAX_LINE`; `bytes` then are its beginning. */
  readonly tooLong?: LongLine;
}

/** Reads a file sequentially in batches of about 4 MB that end at a line end or at the end of the file. */
export async function* readBatches(handle: FileHandle): AsyncGenerator<LineBatch> {
  let buffer = Buffer.allocUnsafe(CHUNK);
  let have = 0;
  let start = 0;
  for (;;) {
    if (have === buffer.length) {
      const grown = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(grown, 0, 0, have);
      buffer = grown;
    }
    const { bytesRead } = await handle.read(
      buffer,
      have,
      Math.min(buffer.length - have, CHUNK),
      start + have,
    );
    const searched = have;
    have += bytesRead;
    if (bytesRead === 0) {
      if (have > 0) yield { bytes: buffer.subarray(0, have), start };
      return;
    }
    const last = buffer.subarray(searched, have).lastIndexOf(10);
    if (last >= 0) {
      const whole = searched + last + 1;
      yield { bytes: buffer.subarray(0, whole), start };
      buffer.copyWithin(0, whole, have);
      start += whole;
      have -= whole;
    } else if (have > MAX_LINE) {
      const bytes = Buffer.from(beginning(buffer));
      const line = new LongLineHash(start);
      line.add(buffer.subarray(0, have));
      const next = await skipLine(handle, start + have, buffer, line);
      yield { bytes, start, tooLong: line.end() };
      start = next;
      have = 0;
    }
  }
}

/** The offset after the line that contains `from`; adds the rest of the line to `line`. */
async function skipLine(
  handle: FileHandle,
  from: number,
  buffer: Buffer,
  line: LongLineHash,
): Promise<number> {
  for (let at = from; ;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, at);
    if (bytesRead === 0) return at;
    const end = buffer.subarray(0, bytesRead).indexOf(10);
    line.add(buffer.subarray(0, end < 0 ? bytesRead : end));
    if (end >= 0) return at + end + 1;
    at += bytesRead;
  }
}

/** The end of the text of the line `bytes[start, end)`, without a trailing `\r`. */
function lineTextEnd(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === 13 ? end - 1 : end;
}

/** Whether a line is blank. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1)
    if (bytes[at] !== 32 && bytes[at] !== 9 && bytes[at] !== 13) return false;
  return true;
}

/** Length of the byte order mark at the start of a file, or 0. */
function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** A line in a block's bytes, without its line end, and its 1-based number in the file. */
export interface BlockLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** The text of the line at `at`, and the start of the next line. `first`: skip a byte order mark. */
export function lineAt(
  bytes: Buffer,
  at: number,
  first: boolean,
): { readonly start: number; readonly end: number; readonly next: number } {
  const newline = bytes.indexOf(10, at);
  const end = newline < 0 ? bytes.length : newline;
  const start = first ? markLength(bytes) : at;
  return { start, end: lineTextEnd(bytes, start, end), next: newline < 0 ? end : newline + 1 };
}

/** The lines of a block. */
export function* blockLines(
  block: { readonly start: number; readonly line: number },
  bytes: Buffer,
): Generator<BlockLine> {
  let { line } = block;
  for (let at = 0; at < bytes.length; line += 1) {
    const { start, end, next } = lineAt(bytes, at, block.start === 0 && at === 0);
    yield { line, start, end };
    at = next;
  }
}

/** Reads `size` bytes at `position` into the start of a buffer; false if the file is too short. */
export async function readFully(
  handle: FileHandle,
  buffer: Buffer,
  size: number,
  position: number,
): Promise<boolean> {
  for (let have = 0; have < size;) {
    const { bytesRead } = await handle.read(buffer, have, size - have, position + have);
    if (bytesRead === 0) return false;
    have += bytesRead;
  }
  return true;
}
