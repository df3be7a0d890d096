import { hash } from 'node:crypto';

/**
 * Version 1 of the hash of a ledger's rows (docs/row-hashes.md). It depends on the values alone: not on the order of the
 * rows, on the types that hold the values, or on columns without values.
 */
export const ROW_HASHES_VERSION = 1;

/** Bytes of a hash. */
export const HASH_BYTES = 32;

/** Kinds of parts: the values of a column, or of a member of a top-level struct. */
export const PART_TAGS = {
  /** A byte for each value, 0 or 1. */
  bool: 0x62,
  /** Scale and width (a byte each); for each value its unscaled integer, little-endian, two's complement. */
  number: 0x6e,
  /** IEEE 754, 8 bytes, little-endian; only if one of the values is not a whole number (see `isWholeFloat`). */
  float: 0x66,
  /** Unix microseconds, 8 bytes, little-endian, two's complement. */
  time: 0x74,
  /** Length (4 bytes, little-endian) and UTF-8 of each value. */
  text: 0x73,
  /** As text: the canonical text of each list, or of a struct inside a struct (`canonicalText`). */
  nested: 0x6c,
  /** Nothing: a top-level struct, whose members are further parts. */
  struct: 0x7b,
} as const;

/** The path of a column, or of a member of a top-level struct. */
export function partPath(column: string, member?: string): Buffer {
  return Buffer.from(member === undefined ? column : `${column}\0${member}`);
}

/** What a part begins with: length of the path (4 bytes, little-endian), path, tag, null bits. */
export function partHead(path: Buffer, tag: number, present: Uint8Array): Buffer {
  // From the pool: a stage has a part for each of about a thousand columns and members.
  const head = Buffer.allocUnsafe(4 + path.length + 1 + ((present.length + 7) >> 3));
  head.writeUInt32LE(path.length);
  head.set(path, 4);
  head[4 + path.length] = tag;
  const bits = 5 + path.length;
  head.fill(0, bits);
  for (let row = 0; row < present.length; row += 1)
    if (present[row] !== 0) head[bits + (row >> 3)] = (head[bits + (row >> 3)] as number) | (1 << (row & 7));
  return head;
}

/** Whether a float is a whole number that can be written without an exponent; -0 is not. */
export function isWholeFloat(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** The sha256 of bytes. */
export function sha256(bytes: Uint8Array | string): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** The hash of a ledger without rows. */
export const EMPTY_LEDGER = sha256('');
