import { createHash } from 'node:crypto';

/** Bytes of a line that is too long that its reject has. */
const BEGINNING = 4_096;

/** What a reject says of a line that it does not have whole. */
export interface LongLine {
  /** Where the line begins in its file. */
  readonly offset: number;
  /** Bytes up to the line feed. */
  readonly length: number;
  /** Of those bytes, lower case hex. */
  readonly sha256: string;
}

/** The beginning of a line that is too long. */
export function beginning(bytes: Uint8Array, start = 0): Uint8Array {
  return bytes.subarray(start, start + BEGINNING);
}

/** A line that lies whole in `bytes`, which begin at `offset` of their file; `end` may be before a carriage return. */
export function longLine(bytes: Uint8Array, start: number, end: number, offset: number): LongLine {
  const line = new LongLineHash(offset + start);
  line.add(bytes.subarray(start, bytes[end] === 13 ? end + 1 : end));
  return line.end();
}

/** Takes the bytes of a line as they are read. */
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
