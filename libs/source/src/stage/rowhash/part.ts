import { createHash } from 'node:crypto';
import * as schema from '@parquetry/schema';
import type { DataType } from '@parquetry/schema';
import { ByteBuffer } from '../plain/bytes';
import { type ColumnContent, DECIMAL_BYTES, type PlainColumn } from '../plain/column';
import { canonicalReader } from './text';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { isWholeFloat, PART_TAGS, partHead, sha256 } = schema;

/** Below this size, one call with a copy is cheaper than several calls. */
const COPIED_BYTES = 1 << 13;

/** Up to this size, a loop copies a value faster than native code. */
const SHORT_BYTES = 64;

/** Values of `LedgerPart.onlyCode` that are no codes. */
const NO_CODE = -1;
const MANY_CODES = -2;

/** Bytes of a staged value; 0 for values after their length. */
const STAGED_BYTES: Readonly<Record<DataType['type'], number>> = {
  bool: 1,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  timestamp: 8,
  decimal128: DECIMAL_BYTES,
  utf8: 0,
  json: 0,
  list: 0,
  struct: 0,
};

const TAG: Readonly<Record<DataType['type'], number>> = {
  bool: PART_TAGS.bool,
  int32: PART_TAGS.number,
  uint32: PART_TAGS.number,
  int64: PART_TAGS.number,
  uint64: PART_TAGS.number,
  decimal128: PART_TAGS.number,
  float64: PART_TAGS.float,
  timestamp: PART_TAGS.time,
  utf8: PART_TAGS.text,
  json: PART_TAGS.text,
  list: PART_TAGS.nested,
  struct: PART_TAGS.nested,
};

/** Numbers in the form in which they are hashed. */
export interface NumberForm {
  readonly scale: number;
  readonly width: 8 | 16;
  /** The greatest value. */
  readonly most: bigint;
  /** All values are equal. */
  readonly constant: boolean;
}

/**
 * The values of one column, or member of a struct, for the rows of one ledger. They are copied from the pages of the stage,
 * because a ledger can have rows in several parts.
 */
export class LedgerPart {
  /** The non-null values as they are staged, then as they are hashed. */
  readonly values = new ByteBuffer(1 << 12);
  /** 1 for each row with a value. */
  present = new Uint8Array(1 << 8);
  tag: number;
  /** Set by `settle` for numbers. */
  number: NumberForm | undefined;
  /** Bytes of a value as it is hashed; 0 for text. */
  width: number;
  private rows = 0;
  private content: ColumnContent | undefined;
  private dictionarySize = 0;
  /** The code of all values so far. */
  private onlyCode = NO_CODE;
  /** All rows of the open part of the stage have values. */
  private isFull = false;
  private at = 0;
  private stretch = 0;
  private entries: number[] = [];
  private readonly convert: ((text: string) => string) | undefined;

  constructor(
    readonly path: Buffer,
    private readonly type: DataType,
    /** A struct whose members are parts: it has no values of its own. */
    private readonly bare = false,
  ) {
    this.tag = bare ? PART_TAGS.struct : TAG[type.type];
    this.width = STAGED_BYTES[type.type];
    this.convert = !bare && TAG[type.type] === PART_TAGS.nested ? canonicalReader(type) : undefined;
  }

  /** Begins with the first row of a part of the stage. */
  open(column: PlainColumn): void {
    this.content = column.content;
    this.dictionarySize = column.dictionarySize;
    // Another part of the stage has other codes.
    if (this.onlyCode !== NO_CODE) this.onlyCode = MANY_CODES;
    this.isFull = column.nulls === 0;
    this.at = this.stretch = 0;
    this.entries = [];
  }

  /** Whether a row of the ledger has a value. */
  filled = false;

  /** Whether a row of the ledger has none. */
  get hasNulls(): boolean {
    return this.present.subarray(0, this.rows).includes(0);
  }

  /** Adds rows `[first, end)` of the open part of the stage, of which rows `[0, first)` were added or skipped before. */
  add(first: number, end: number): void {
    const content = this.content as ColumnContent;
    const start = this.rows;
    this.makeRows(end - first);
    const { marks } = content;
    const { present } = this;
    let count = end - first;
    if (this.isFull) present.fill(1, start, start + count);
    else {
      count = 0;
      for (let row = first, to = start; row < end; row += 1, to += 1) {
        const bit = ((marks[row >> 3] as number) >> (row & 7)) & 1;
        present[to] = bit;
        count += bit;
      }
    }
    if (count === 0) return;
    this.filled = true;
    if (this.bare) return;
    const size = STAGED_BYTES[this.type.type];
    if (size > 0) {
      this.values.copy(content.values, this.at, this.at + count * size);
      this.at += count * size;
    } else this.addSized(content, first, start, end - first);
  }

  private addSized(
    { values, dictionary, stretches }: ColumnContent,
    first: number,
    to: number,
    rows: number,
  ): void {
    const { present, values: out } = this;
    // Adjacent plain values are copied together.
    let begin = this.at;
    for (let index = 0; index < rows; index += 1) {
      while (first + index >= (stretches[this.stretch] as { row: number }).row) this.stretch += 1;
      if (present[to + index] === 0) continue;
      if (stretches[this.stretch]?.coded !== true) {
        const { at } = this;
        this.onlyCode = MANY_CODES;
        this.at = at + 4 + readSize(values, at);
        continue;
      }
      if (this.at > begin) out.copy(values, begin, this.at);
      const { entries } = this;
      if (entries.length === 0) this.findEntries(dictionary);
      const code = values[this.at] as number;
      out.copy(dictionary, entries[code] as number, entries[code + 1] as number);
      if (this.onlyCode !== code) this.onlyCode = this.onlyCode === NO_CODE ? code : MANY_CODES;
      this.at += 1;
      begin = this.at;
    }
    if (this.at > begin) out.copy(values, begin, this.at);
  }

  private findEntries(dictionary: Buffer): void {
    let at = 0;
    for (let entry = 0; entry < this.dictionarySize; entry += 1) {
      this.entries.push(at);
      at += 4 + readSize(dictionary, at);
    }
    this.entries.push(at);
  }

  /** Rows that were not added are null, up to this number. */
  padTo(rows: number): void {
    if (rows > this.rows) this.makeRows(rows - this.rows);
  }

  /** Brings the values to the form in which they are hashed. */
  settle(): void {
    const { type } = this.type;
    if (this.tag === PART_TAGS.number) this.settleNumbers();
    else if (type === 'float64') this.settleFloats();
    else if (this.convert !== undefined) this.settleTexts(this.convert);
  }

  private settleNumbers(): void {
    const { values, type } = this;
    const { length } = values;
    const kind = type.type;
    if (kind === 'decimal128') return this.settleDecimals(type.scale);
    const count = kind === 'int32' || kind === 'uint32' ? length / 4 : length / 8;
    if (count * 4 === length) {
      values.reserve(length);
      const words = wordsOf(values.bytes, count * 2);
      // From the last to the first: a wider value never covers one that was not read.
      for (let index = count - 1; index >= 0; index -= 1) {
        const value = words[index] as number;
        words[index * 2] = value;
        words[index * 2 + 1] = kind === 'int32' && value < 0 ? -1 : 0;
      }
      values.length = count * 8;
    }
    const words = wordsOf(values.bytes, count * 2);
    const signed = kind !== 'uint64';
    const top = (index: number): number => {
      const word = words[index * 2 + 1] as number;
      return signed ? word : word >>> 0;
    };
    let [high, low, constant] = [top(0), (words[0] as number) >>> 0, true];
    for (let index = 1; index < count; index += 1) {
      const [one, other] = [top(index), (words[index * 2] as number) >>> 0];
      if (one === high && other === low) continue;
      constant = false;
      if (one > high || (one === high && other > low)) [high, low] = [one, other];
    }
    const most = BigInt(high) * 2n ** 32n + BigInt(low);
    const wide = most >= 2n ** 63n;
    if (wide) widen(values);
    this.number = { scale: 0, width: wide ? 16 : 8, most, constant };
    this.width = wide ? 16 : 8;
  }

  /** Decimals are staged big-endian, with the scale of their column. */
  private settleDecimals(scale: number): void {
    const { values } = this;
    const { bytes, length } = values;
    let safe = true;
    for (let at = 0; at < length && safe; at += DECIMAL_BYTES) {
      const sign = (bytes[at] as number) > 127 ? -1 : 0;
      // At most 2^52, so that a double holds it.
      safe =
        bytes.readInt32BE(at) === sign &&
        bytes.readInt32BE(at + 4) === sign &&
        ((bytes.readInt32BE(at + 8) >> 20) ^ sign) === 0;
    }
    this.number = safe ? settleSafe(values, scale) : settleWide(values, scale);
    this.width = this.number.width;
  }

  private settleFloats(): void {
    const { values } = this;
    const count = values.length / 8;
    for (let index = 0; index < count; index += 1)
      if (!isWholeFloat(values.bytes.readDoubleLE(index * 8))) return;
    let most = -(2n ** 63n);
    for (let index = 0; index < count; index += 1) {
      const value = BigInt(values.bytes.readDoubleLE(index * 8));
      if (value > most) most = value;
      values.bytes.writeBigInt64LE(value, index * 8);
    }
    this.tag = PART_TAGS.number;
    this.number = { scale: 0, width: 8, most, constant: false };
  }

  private settleTexts(convert: (text: string) => string): void {
    const { values } = this;
    const staged = Buffer.from(values.bytes.subarray(0, values.length));
    values.length = 0;
    for (let at = 0; at < staged.length;) {
      const end = at + 4 + readSize(staged, at);
      const start = values.length;
      values.int32(0);
      values.text(convert(staged.toString('utf8', at + 4, end)));
      values.putInt32(values.length - start - 4, start);
      at = end;
    }
  }

  /** The hash of the part with its rows in an order; undefined: as they are. */
  hash(order: Uint32Array | undefined, offsets: () => Uint32Array): Buffer {
    const { values, rows } = this;
    let present = this.present.subarray(0, rows);
    let bytes: Buffer = values.bytes.subarray(0, values.length);
    const nulls = order !== undefined && this.hasNulls;
    if (order !== undefined && (nulls || !this.isConstant())) {
      bytes = nulls || this.width === 0 ? this.gathered(order, offsets()) : this.gatheredWords(order);
      if (nulls) {
        const own = present;
        present = Uint8Array.from(order, (row) => own[row] as number);
      }
    }
    const { number } = this;
    const shape = number === undefined ? [] : [Buffer.of(number.scale, number.width)];
    const head = Buffer.concat([partHead(this.path, this.tag, present), ...shape]);
    if (bytes.length < COPIED_BYTES) return sha256(Buffer.concat([head, bytes]));
    return createHash('sha256').update(head).update(bytes).digest();
  }

  /** Whether all rows are known to have the same value. */
  private isConstant(): boolean {
    const { width, values } = this;
    if (this.bare) return true;
    if (width === 0) return this.onlyCode >= 0;
    if (this.number !== undefined) return this.number.constant;
    for (let at = width; at < values.length; at += 1)
      if (values.bytes[at] !== values.bytes[at - width]) return false;
    return true;
  }

  /** The values in an order of rows. */
  private gathered(order: Uint32Array, starts: Uint32Array): Buffer {
    const { values } = this;
    const source = values.bytes;
    const target = scratch(values.length);
    let to = 0;
    for (let index = 0; index < order.length; index += 1) {
      const row = order[index] as number;
      const end = starts[row + 1] as number;
      let at = starts[row] as number;
      if (end - at > SHORT_BYTES) to += source.copy(target, to, at, end);
      else for (; at < end; at += 1) target[to++] = source[at] as number;
    }
    return target.subarray(0, to);
  }

  /** The same for values of equal size that are not null. */
  private gatheredWords(order: Uint32Array): Buffer {
    const { values, width } = this;
    if (width % 4 !== 0) return this.gathered(order, this.offsets());
    const size = width / 4;
    const target = scratch(values.length);
    const source = wordsOf(values.bytes, values.length / 4);
    const words = wordsOf(target, values.length / 4);
    let to = 0;
    for (let index = 0; index < order.length; index += 1) {
      const from = (order[index] as number) * size;
      for (let word = 0; word < size; word += 1) words[to++] = source[from + word] as number;
    }
    return target.subarray(0, values.length);
  }

  /** Where the value of each row begins, and the end of the last one. */
  offsets(): Uint32Array {
    const { values, rows, present, width } = this;
    const starts = new Uint32Array(rows + 1);
    let at = 0;
    for (let row = 0; row < rows; row += 1) {
      starts[row] = at;
      if (present[row] === 0 || this.bare) continue;
      at += width > 0 ? width : 4 + readSize(values.bytes, at);
    }
    starts[rows] = at;
    return starts;
  }

  /** Forgets the rows of the ledger and keeps the memory. */
  clear(): void {
    if (this.rows === 0) return;
    this.present.fill(0, 0, this.rows);
    this.rows = this.values.length = 0;
    this.number = undefined;
    this.onlyCode = NO_CODE;
    this.filled = false;
    this.tag = this.bare ? PART_TAGS.struct : TAG[this.type.type];
    this.width = STAGED_BYTES[this.type.type];
  }

  private makeRows(count: number): void {
    this.rows += count;
    if (this.rows <= this.present.length) return;
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(this.rows)));
    larger.set(this.present);
    this.present = larger;
  }
}

let spare = Buffer.alloc(0);

/** Memory for values until the next call. */
function scratch(size: number): Buffer {
  if (spare.length < size) spare = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size + 1)));
  return spare;
}

/** Memory as 32-bit words: it has a buffer of its own, and is little-endian on every platform that this runs on. */
export function wordsOf({ buffer, byteOffset }: Buffer, count: number): Int32Array {
  return new Int32Array(buffer, byteOffset, count);
}

function readSize(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** Gives unsigned numbers of 8 bytes 16. */
function widen(values: ByteBuffer): void {
  const { length } = values;
  values.reserve(length);
  for (let at = length - 8; at >= 0; at -= 8) {
    values.bytes.copy(values.bytes, at * 2, at, at + 8);
    values.bytes.fill(0, at * 2 + 8, at * 2 + 16);
  }
  values.length = length * 2;
}

/** Decimals that a double holds. */
function settleSafe(values: ByteBuffer, scale: number): NumberForm {
  const count = values.length / DECIMAL_BYTES;
  const numbers = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const at = index * DECIMAL_BYTES + 8;
    numbers[index] = values.bytes.readInt32BE(at) * 2 ** 32 + values.bytes.readUInt32BE(at + 4);
  }
  let places = scale;
  while (places > 0 && numbers.every((value) => value % 10 === 0)) {
    for (let index = 0; index < count; index += 1) numbers[index] = (numbers[index] as number) / 10;
    places -= 1;
  }
  let most = Number.NEGATIVE_INFINITY;
  values.length = 0;
  for (const value of numbers) {
    if (value > most) most = value;
    values.int64(value);
  }
  return { scale: places, width: 8, most: BigInt(most), constant: false };
}

/** Decimals of any size. */
function settleWide(values: ByteBuffer, scale: number): NumberForm {
  const { bytes, length } = values;
  let numbers: bigint[] = [];
  for (let at = 0; at < length; at += DECIMAL_BYTES)
    numbers.push((bytes.readBigInt64BE(at) << 64n) | bytes.readBigUInt64BE(at + 8));
  let places = scale;
  while (places > 0 && numbers.every((value) => value % 10n === 0n)) {
    numbers = numbers.map((value) => value / 10n);
    places -= 1;
  }
  const narrow = numbers.every((value) => BigInt.asIntN(64, value) === value);
  values.length = 0;
  for (const value of numbers) {
    values.int64(BigInt.asIntN(64, value));
    if (!narrow) values.int64(value >> 64n);
  }
  const most = numbers.reduce((found, value) => (value > found ? value : found));
  return { scale: places, width: narrow ? 8 : 16, most, constant: false };
}
