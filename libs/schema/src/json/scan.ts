import { isUtf8 } from 'node:buffer';
import { hashText, keysEqual } from './hash';
import {
  ARRAY,
  ESCAPED,
  FALSE,
  FRACTION,
  KEY,
  LONE,
  NODE,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  Tape,
  TRUE,
} from './tape';

/** Maximum nesting of objects and arrays. */
export const MAX_DEPTH = 200;
/** Maximum values and keys of one text; limits the tape to 64 MB. */
export const MAX_NODES = 4_000_000;
/** Above this many keys in an object duplicates are looked up in a set. */
const PAIRWISE_KEYS = 24;

/** Why a text can't be read. */
export type JsonFaultCode = 'NOT_JSON' | 'NOT_UTF8' | 'TOO_DEEP' | 'TOO_MANY_VALUES';

/** The error in a text, and its byte position in the buffer. */
export interface JsonFault {
  readonly code: JsonFaultCode;
  readonly offset: number;
  readonly reason: string;
}

/** Byte classes inside strings: 0 ordinary, 1 quote, 2 backslash, 3 control, 4 not ASCII. */
const IN_STRING = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 34 ? 1 : byte === 92 ? 2 : byte < 32 ? 3 : byte > 127 ? 4 : 0,
);
const HEX = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? -1 : digit;
});
const LITERALS: Readonly<Record<number, { readonly text: Uint8Array; readonly kind: number }>> = {
  116: { text: Buffer.from('true'), kind: TRUE },
  102: { text: Buffer.from('false'), kind: FALSE },
  110: { text: Buffer.from('null'), kind: NULL },
};

/**
 * Reads JSON texts strictly (RFC 8259, valid UTF-8, no byte order mark) from a buffer onto a tape. Malformed text is
 * reported in `fault`, never thrown. Duplicate keys and lone surrogates are marked on the tape: whether they can be
 * stored depends on the column. One scanner serves many texts; it is not re-entrant.
 */
export class JsonScanner {
  readonly tape = new Tape();
  fault: JsonFault | undefined;
  private bytes: Uint8Array = this.tape.bytes;
  private end = 0;
  private foreign = false;
  private keys = new Int32Array(256);
  private keyTop = 0;

  /** Scans the text in `bytes[start, end)`. If it returns false, `fault` has the reason and the tape is invalid. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.begin(bytes, end);
    let at = this.value(this.space(start), 0);
    if (at < 0) return false;
    at = this.space(at);
    if (at < end) return this.fail(at, 'bytes follow the value') > 0;
    if (this.foreign && !isUtf8(bytes.subarray(start, end))) {
      this.fail(badUtf8(bytes, start, end), 'the text is not UTF-8', 'NOT_UTF8');
      return false;
    }
    return true;
  }

  /** Starts a text of which only single values are scanned, with `one`. */
  begin(bytes: Uint8Array, end: number): void {
    this.bytes = this.tape.bytes = bytes;
    this.end = end;
    this.tape.length = 0;
    this.tape.duplicateKey = -1;
    this.fault = undefined;
    this.foreign = false;
    this.keyTop = 0;
  }

  /** Scans the value at `at`, nested `depth` deep, onto the end of the tape; returns the byte after it, or -1. */
  one(at: number, depth: number): number {
    return this.value(at, depth);
  }

  /** Whether a string had non-ASCII bytes, so that the text must still be checked for UTF-8. */
  get notAscii(): boolean {
    return this.foreign;
  }

  private fail(offset: number, reason: string, code: JsonFaultCode = 'NOT_JSON'): -1 {
    this.fault ??= { code, offset, reason: offset >= this.end ? 'the text ends inside a value' : reason };
    return -1;
  }

  private space(at: number): number {
    const { bytes, end } = this;
    while (at < end) {
      const byte = bytes[at];
      if (byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13) break;
      at += 1;
    }
    return at;
  }

  private push(kind: number, start: number, end: number): number {
    const tape = this.tape;
    const node = tape.length;
    if (node + NODE > tape.nodes.length) {
      const grown = new Int32Array(tape.nodes.length * 2);
      grown.set(tape.nodes);
      tape.nodes = grown;
    }
    const nodes = tape.nodes;
    nodes[node] = kind;
    nodes[node + 1] = start;
    nodes[node + 2] = end;
    nodes[node + 3] = tape.length = node + NODE;
    return node;
  }

  private value(at: number, depth: number): number {
    if (at >= this.end) return this.fail(at, '');
    if (this.tape.length >= MAX_NODES * NODE)
      return this.fail(at, `more than ${MAX_NODES} values and keys`, 'TOO_MANY_VALUES');
    const byte = this.bytes[at] as number;
    if (byte === 34) return this.string(at);
    if (byte === 123) return this.object(at, depth + 1);
    if (byte === 91) return this.array(at, depth + 1);
    if (byte === 45 || (byte >= 48 && byte <= 57)) return this.number(at);
    const literal = LITERALS[byte];
    if (literal === undefined) return this.fail(at, 'expected a value');
    const { text, kind } = literal;
    for (let index = 1; index < text.length; index += 1)
      if (at + index >= this.end || this.bytes[at + index] !== text[index])
        return this.fail(at + index, 'expected true, false or null');
    this.push(kind, at, at + text.length);
    return at + text.length;
  }

  private object(start: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.fail(start, `nested deeper than ${MAX_DEPTH}`, 'TOO_DEEP');
    const bytes = this.bytes;
    const node = this.push(OBJECT, start, 0);
    const base = this.keyTop;
    let at = this.space(start + 1);
    if (at < this.end && bytes[at] === 125) at += 1;
    else
      for (;;) {
        if (at >= this.end || bytes[at] !== 34) return this.fail(at, 'expected a key');
        at = this.key(at);
        if (at < 0) return at;
        at = this.space(at);
        if (at >= this.end || bytes[at] !== 58) return this.fail(at, 'expected ":"');
        at = this.value(this.space(at + 1), depth);
        if (at < 0) return at;
        at = this.space(at);
        if (at >= this.end) return this.fail(at, '');
        const byte = bytes[at];
        at += 1;
        if (byte === 125) break;
        if (byte !== 44) return this.fail(at - 1, 'expected "," or "}"');
        at = this.space(at);
      }
    if (this.keyTop - base > 1 && this.tape.duplicateKey < 0) this.findDuplicate(base);
    this.keyTop = base;
    return this.close(node, at);
  }

  private array(start: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.fail(start, `nested deeper than ${MAX_DEPTH}`, 'TOO_DEEP');
    const bytes = this.bytes;
    const node = this.push(ARRAY, start, 0);
    let at = this.space(start + 1);
    if (at < this.end && bytes[at] === 93) return this.close(node, at + 1);
    for (;;) {
      at = this.value(at, depth);
      if (at < 0) return at;
      at = this.space(at);
      if (at >= this.end) return this.fail(at, '');
      const byte = bytes[at];
      at += 1;
      if (byte === 93) return this.close(node, at);
      if (byte !== 44) return this.fail(at - 1, 'expected "," or "]"');
      at = this.space(at);
    }
  }

  private close(node: number, end: number): number {
    const tape = this.tape;
    tape.nodes[node + 2] = end;
    tape.nodes[node + 3] = tape.length;
    return end;
  }

  private string(start: number): number {
    const { bytes, end } = this;
    let at = start + 1;
    let flags = STRING;
    for (;;) {
      while (at < end && IN_STRING[bytes[at] as number] === 0) at += 1;
      if (at >= end) return this.fail(at, '');
      const byte = bytes[at] as number;
      if (byte === 34) break;
      if (byte === 92) {
        const after = this.escape(at);
        if (after < 0) return after;
        flags |= ESCAPED | (after & 1 ? LONE : 0);
        at = after >>> 1;
      } else if (byte > 127) {
        this.foreign = true;
        at += 1;
      } else return this.fail(at, 'a control character in a string');
    }
    this.push(flags, start, at + 1);
    return at + 1;
  }

  private key(start: number): number {
    const { bytes, end } = this;
    let hash = 0x811c9dc5 | 0;
    let at = start + 1;
    while (at < end) {
      const byte = bytes[at] as number;
      if (IN_STRING[byte] !== 0) {
        if (byte < 128) break;
        this.foreign = true;
      }
      hash = Math.imul(hash ^ byte, 16777619);
      at += 1;
    }
    let node: number;
    if (at < end && bytes[at] === 34) {
      node = this.push(KEY, start, at + 1);
      at += 1;
    } else {
      node = this.tape.length;
      at = this.string(start);
      if (at < 0) return at;
      const flags = (this.tape.nodes[node] as number) ^ STRING;
      this.tape.nodes[node] = KEY | flags;
      hash = hashText(this.tape.string(node));
    }
    this.tape.nodes[node + 3] = hash;
    if (this.keyTop === this.keys.length) {
      const grown = new Int32Array(this.keys.length * 2);
      grown.set(this.keys);
      this.keys = grown;
    }
    this.keys[this.keyTop++] = node;
    return at;
  }

  /** Checks the escape at `at`; returns the position after it times two, plus one when it is a lone surrogate. */
  private escape(at: number): number {
    const { bytes, end } = this;
    if (at + 1 >= end) return this.fail(end, '');
    switch (bytes[at + 1] as number) {
      case 34:
      case 92:
      case 47:
      case 98:
      case 102:
      case 110:
      case 114:
      case 116:
        return (at + 2) * 2;
      case 117: {
        const unit = this.codeUnit(at);
        if (unit < 0) return this.fail(at, 'a bad \\u escape');
        if (unit < 0xd800 || unit > 0xdfff) return (at + 6) * 2;
        if (unit <= 0xdbff) {
          const low = this.codeUnit(at + 6);
          if (low >= 0xdc00 && low <= 0xdfff) return (at + 12) * 2;
        }
        return (at + 6) * 2 + 1;
      }
      default:
        return this.fail(at, 'an unknown escape');
    }
  }

  private codeUnit(at: number): number {
    const { bytes, end } = this;
    if (at + 6 > end || bytes[at] !== 92 || bytes[at + 1] !== 117) return -1;
    let unit = 0;
    for (let index = at + 2; index < at + 6; index += 1) {
      const digit = HEX[bytes[index] as number] as number;
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  private number(start: number): number {
    const { bytes, end } = this;
    let at = start;
    let flags = NUMBER;
    if (bytes[at] === 45) at += 1;
    if (at < end && bytes[at] === 48) at += 1;
    else {
      const digits = at;
      at = this.digits(at);
      if (at === digits) return this.fail(at, 'expected a digit');
    }
    if (at < end && bytes[at] === 46) {
      flags = NUMBER | FRACTION;
      const digits = at + 1;
      at = this.digits(digits);
      if (at === digits) return this.fail(at, 'expected a digit after "."');
    }
    if (at < end && (bytes[at] === 101 || bytes[at] === 69)) {
      flags = NUMBER | FRACTION;
      at += 1;
      if (at < end && (bytes[at] === 43 || bytes[at] === 45)) at += 1;
      const digits = at;
      at = this.digits(digits);
      if (at === digits) return this.fail(at, 'expected a digit in the exponent');
    }
    this.push(flags, start, at);
    return at;
  }

  private digits(at: number): number {
    const { bytes, end } = this;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte < 48 || byte > 57) break;
      at += 1;
    }
    return at;
  }

  private findDuplicate(base: number): void {
    const { keys, keyTop, tape } = this;
    const nodes = tape.nodes;
    if (keyTop - base > PAIRWISE_KEYS) {
      const seen = new Set<string>();
      for (let index = base; index < keyTop; index += 1) {
        const node = keys[index] as number;
        const size = seen.size;
        if (seen.add(tape.string(node)).size === size) {
          tape.duplicateKey = node;
          return;
        }
      }
      return;
    }
    for (let index = base + 1; index < keyTop; index += 1) {
      const node = keys[index] as number;
      const hash = nodes[node + 3];
      for (let other = base; other < index; other += 1)
        if (nodes[(keys[other] as number) + 3] === hash && keysEqual(tape, keys[other] as number, node)) {
          tape.duplicateKey = node;
          return;
        }
    }
  }
}

/** The first byte that violates UTF-8; only used in the message of a fault. */
function badUtf8(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const lead = bytes[at] as number;
    const size = lead < 128 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > 1 && (at + size > end || !isUtf8(bytes.subarray(at, at + size)))) return at;
    at += size;
  }
  return start;
}
