import { KeyTable } from '../json/keys';
import {
  decimalShape,
  FITS_DOUBLE,
  FITS_NONE,
  FITS_UINT64,
  integerFit,
  survivesDouble,
} from '../json/number';
import {
  ARRAY,
  FALSE,
  FRACTION,
  KIND,
  LONE,
  NODE,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  Tape,
  TRUE,
} from '../json/tape';
import { TIME_OK, TimeReader } from '../json/time';

/** Kinds of values seen at a path; bits of `Evidence.seen`. */
export const SAW_BOOL = 1;
export const SAW_INTEGER = 2;
/** A negative integer. */
export const SAW_NEGATIVE = 4;
/** An integer beyond ±2^53, which a double may not represent. */
export const SAW_BEYOND_DOUBLE = 8;
/** An integer beyond int64. */
export const SAW_BEYOND_INT64 = 16;
/** An integer beyond int64 and uint64. */
export const SAW_BEYOND_UINT64 = 32;
/** A number with a fraction or an exponent. */
export const SAW_FRACTION = 64;
/** A number with a fraction or an exponent that no double represents. */
export const SAW_INEXACT = 128;
export const SAW_STRING = 256;
/** A string that is not an RFC 3339 time with at most microseconds. */
export const SAW_TEXT = 512;
export const SAW_OBJECT = 1024;
export const SAW_ARRAY = 2048;
/** An open map: too many keys, or nested too deeply; its members are no longer tracked. */
export const SAW_OPEN = 4096;

/** An object with more distinct keys than this over all messages is an open map. */
export const MAX_MEMBERS = 200;
/** Values nested deeper than this below a column are kept as JSON text. */
const MAX_NESTING = 16;

const time = new TimeReader();

/**
 * The kinds of all values at one JSON path, as a join-semilattice. Observing and joining only set bits, raise maxima
 * and add members, so the result does not depend on order, batches or repetition. Nulls and absent values have no
 * effect: everything is nullable, and a key becomes a member with its first value, which then decides its type.
 */
export class Evidence {
  seen = 0;
  /** Maximum digits before the decimal point of any number. */
  integerDigits = 0;
  /** Maximum digits after it. */
  scale = 0;
  /** Evidence of array elements. */
  items: Evidence | undefined;
  /** Keys of objects, numbered; `members[n]` is the evidence of key n. */
  keys: KeyTable | undefined;
  members: Evidence[] = [];

  /** `maxMembers`: number of distinct keys above which it is an open map. `level`: nesting below the column. */
  constructor(
    readonly maxMembers = MAX_MEMBERS,
    readonly level = 0,
  ) {}

  /** Observes one value of a scanned text. */
  observe(tape: Tape, node: number): void {
    const head = tape.nodes[node] as number;
    switch (head & KIND) {
      case NULL:
        return;
      case TRUE:
      case FALSE:
        this.seen |= SAW_BOOL;
        return;
      case NUMBER:
        this.observeNumber(tape, node, (head & FRACTION) !== 0);
        return;
      case STRING:
        this.seen |= SAW_STRING;
        if ((this.seen & SAW_TEXT) === 0 && time.readText(tape, node) !== TIME_OK) this.seen |= SAW_TEXT;
        return;
      case ARRAY:
        this.observeArray(tape, node);
        return;
      case OBJECT:
        this.observeObject(tape, node);
    }
  }

  /** Observes an integer, like its plain digits. */
  observeInteger(value: bigint): void {
    const tape = new Tape();
    tape.bytes = Buffer.from(String(value));
    tape.nodes.set([NUMBER, 0, tape.bytes.length, NODE]);
    this.observe(tape, 0);
  }

  /**
   * The numbers and strings in an observed value, with their evidence. In another value of the same structure only
   * these can add information.
   */
  scalars(tape: Tape, node: number, found: { readonly evidence: Evidence; readonly node: number }[]): void {
    const kind = tape.kind(node);
    if (kind === NUMBER || kind === STRING) found.push({ evidence: this, node });
    if ((this.seen & SAW_OPEN) !== 0) return;
    const end = tape.next(node);
    if (kind === ARRAY)
      for (let at = node + NODE; at < end; at = tape.next(at)) this.items?.scalars(tape, at, found);
    if (kind === OBJECT)
      for (let at = node + NODE; at < end; at = tape.next(at + NODE))
        this.member(tape, at)?.scalars(tape, at + NODE, found);
  }

  /**
   * The evidence of member `key` of the objects at this path, created if new; undefined for a null, which makes no
   * member, and for an open map.
   */
  member(tape: Tape, key: number): Evidence | undefined {
    if ((this.seen & SAW_OPEN) !== 0 || tape.kind(key + NODE) === NULL) return undefined;
    if (((tape.nodes[key] as number) & LONE) !== 0) return this.open();
    this.keys ??= new KeyTable();
    const index = this.keys.find(tape, key);
    return index >= 0 ? this.members[index] : this.addMember(tape.string(key));
  }

  /** Whether a string at this path was not a time: other strings then add nothing new. */
  get isText(): boolean {
    return (this.seen & SAW_TEXT) !== 0;
  }

  /** Whether it is an open map, whose members are no longer tracked. */
  get isOpen(): boolean {
    return (this.seen & SAW_OPEN) !== 0;
  }

  /** Number of paths from this one down, a measure of its memory. */
  get paths(): number {
    return this.members.reduce((sum, member) => sum + member.paths, 1 + (this.items?.paths ?? 0));
  }

  private addMember(key: string): Evidence | undefined {
    this.keys ??= new KeyTable();
    if (this.keys.size >= this.maxMembers) return this.open();
    const member = new Evidence(MAX_MEMBERS, this.level + 1);
    this.members[this.keys.add(key)] = member;
    return member;
  }

  private open(): undefined {
    this.seen |= SAW_OPEN;
    this.keys = undefined;
    this.members = [];
  }

  private observeNumber(tape: Tape, node: number, fraction: boolean): void {
    const { bytes } = tape;
    const start = tape.start(node);
    const end = tape.end(node);
    // -0 is the integer 0 and does not turn a column of integers into floats.
    const negative = bytes[start] === 45 && bytes[start + 1] !== 48;
    if (fraction) {
      this.seen |= SAW_FRACTION;
      if (!survivesDouble(bytes, start, end)) this.seen |= SAW_INEXACT;
      const shape = decimalShape(bytes, start, end);
      if (shape.integerDigits > this.integerDigits) this.integerDigits = shape.integerDigits;
      if (shape.scale > this.scale) this.scale = shape.scale;
      return;
    }
    this.seen |= negative ? SAW_INTEGER | SAW_NEGATIVE : SAW_INTEGER;
    const digits = end - start - (bytes[start] === 45 ? 1 : 0);
    if (digits > this.integerDigits) this.integerDigits = digits;
    const fit = integerFit(bytes, start, end);
    if (fit === FITS_DOUBLE) return;
    this.seen |= SAW_BEYOND_DOUBLE;
    if (fit >= FITS_UINT64) this.seen |= SAW_BEYOND_INT64;
    if (fit === FITS_NONE) this.seen |= SAW_BEYOND_UINT64;
  }

  private observeArray(tape: Tape, node: number): void {
    this.seen |= SAW_ARRAY;
    const end = tape.next(node);
    if (node + NODE === end) return;
    if (this.level >= MAX_NESTING) {
      this.open();
      return;
    }
    const items = (this.items ??= new Evidence(MAX_MEMBERS, this.level + 1));
    for (let at = node + NODE; at < end; at = tape.next(at)) items.observe(tape, at);
  }

  private observeObject(tape: Tape, node: number): void {
    this.seen |= SAW_OBJECT;
    if ((this.seen & SAW_OPEN) !== 0) return;
    const end = tape.next(node);
    if (this.level >= MAX_NESTING && node + NODE < end) {
      this.open();
      return;
    }
    for (let at = node + NODE; at < end;) {
      const value = at + NODE;
      this.member(tape, at)?.observe(tape, value);
      at = tape.next(value);
    }
  }
}

/** Members with their keys, in the order of the keys' UTF-8 bytes. */
export function sortedMembers(evidence: Evidence): [string, Evidence][] {
  return (evidence.keys?.keys ?? [])
    .map((key, index): [string, Evidence] => [key, evidence.members[index] as Evidence])
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
