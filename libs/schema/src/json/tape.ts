/** Kinds of nodes, the low four bits of a node's first integer. */
export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 3;
export const NUMBER = 4;
export const TRUE = 5;
export const FALSE = 6;
export const NULL = 7;
export const KEY = 8;

/** Mask of the kind in a node's first integer. */
export const KIND = 15;
/** STRING or KEY: contains at least one escape. */
export const ESCAPED = 16;
/** STRING or KEY: contains an escaped surrogate without its other half, so it is not valid Unicode. */
export const LONE = 32;
/** NUMBER: has a fraction or an exponent. */
export const FRACTION = 64;

/** Integers per node on the tape. */
export const NODE = 4;

/** Names of the kinds for people, by kind. */
const KIND_NAMES = ['', 'object', 'array', 'string', 'number', 'boolean', 'boolean', 'null', 'key'] as const;

/**
 * The values of one JSON text as spans, in document order, without decoded values. Node `n` is four integers:
 *
 *   nodes[n]     kind | flags
 *   nodes[n+1]   first byte (of the quote or bracket for strings, objects, arrays)
 *   nodes[n+2]   byte after the last one
 *   nodes[n+3]   the node after this value and everything in it; for a KEY the 32-bit hash of its decoded UTF-8 bytes
 *
 * An object's members are KEY, value, KEY, value … from `n + NODE` to `nodes[n+3]`; an array's elements likewise. The
 * root is node 0. A tape is reused for the next text, so spans are valid until then.
 */
export class Tape {
  nodes = new Int32Array(4096);
  /** Integers in use. */
  length = 0;
  bytes: Uint8Array = new Uint8Array(0);
  /** A KEY node that repeats another key of its object, or -1. */
  duplicateKey = -1;

  /** Kind of a node. */
  kind(node: number): number {
    return (this.nodes[node] as number) & KIND;
  }

  /** First byte of a node. */
  start(node: number): number {
    return this.nodes[node + 1] as number;
  }

  /** Byte after a node. */
  end(node: number): number {
    return this.nodes[node + 2] as number;
  }

  /** The node after a value and everything in it. */
  next(node: number): number {
    return this.nodes[node + 3] as number;
  }

  /** The node's kind in words: object, array, string, number, boolean, null. */
  kindName(node: number): string {
    return KIND_NAMES[this.kind(node)] as string;
  }

  /** The source text of a node, at most `limit` bytes. */
  text(node: number, limit = Number.MAX_SAFE_INTEGER): string {
    const start = this.start(node);
    return bytesToText(this.bytes, start, Math.min(this.end(node), start + limit));
  }

  /** The decoded value of a STRING or KEY. */
  string(node: number): string {
    const start = this.start(node);
    const end = this.end(node);
    if (((this.nodes[node] as number) & ESCAPED) === 0) return bytesToText(this.bytes, start + 1, end - 1);
    return JSON.parse(bytesToText(this.bytes, start, end)) as string;
  }

  /** The decoded value of a STRING or KEY as UTF-8; without escapes these are the bytes between the quotes. */
  decoded(node: number): Buffer {
    return Buffer.from(this.string(node));
  }
}

/** UTF-8 bytes `[start, end)` as text. */
function bytesToText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
