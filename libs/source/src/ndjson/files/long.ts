import { createHash } from 'node:crypto';

/** Bytes that the reject of a too long line keeps. */
const BEGINNING = 4_096;

/** Identifies a line that its reject does not contain completely. */
export interface LongLine {
  /** Offset of the line in its file. */
  readonly offset: number;
  /** Length in bytes, without the line feed. */
  readonly length: number;
  /** sha256 of those bytes, lower-case hex. */
  readonly sha256: string;
}

/** Collects the beginning, length and hash of a line that is too long. */
export function beginning(bytes: Uint8Array, start = 0): Uint8Array {
  return bytes.subarray(start, start + BEGINNING);
}

/** From a complete line in `bytes`, which begin at `offset` of their file; `end` may precede a carriage return. */
export function longLine(bytes: Uint8Array, start: number, end: number, offset: number): LongLine {
  const line = new LongLineHash(offset + start);
  line.add(bytes.subarray(start, bytes[end] === 13 ? end + 1 : end));
  return line.end();
}

/** Adds the next bytes of the line. */
export class LongLineHash {
  private readonly hash = createHash('sha256');
  private length = 0;

  constructor(private readonly offset: number) {}

  add(bytes: Uint8Array): void {
    this.hash.update(bytes);
    this.length += bytes.length;
  }

  end(): LongLine {
    return { offset: this.offset, length: this.length, sha256: this.hash.digest('hex') };
  }
}
