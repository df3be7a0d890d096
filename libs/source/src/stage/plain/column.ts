import type { DataType } from '@parquetry/schema';
import { ByteBuffer } from './bytes';

/** Rows that the marks of a column have room for at first. */
const FIRST_ROWS = 1 << 14;

/**
 * One column of staged rows as Parquet's PLAIN encoding stores it: the values that are not null one after the other,
 * and one bit a row. A value is written to `out` and then kept by `keep` or dropped by `drop`.
 */
export class PlainColumn {
  /** Values: strings with their length before them (32 bits), booleans a byte each (see `page`). */
  readonly out = new ByteBuffer();
  private kept = 0;
  private rows = 0;
  private present = 0;
  private marks = new Uint8Array(FIRST_ROWS >> 3);

  constructor(private readonly type: DataType['type']) {}

  /** Bytes of the kept values. */
  get bytes(): number {
    return this.kept;
  }

  /** Bytes of the kept values whatever form they are staged in: decimals are digits only here. */
  get plainBytes(): number {
    return this.type === 'decimal128' ? 16 * this.present : this.kept;
  }

  /** Adds values as they lie in `source`, for rows that are kept or null next. */
  append(source: Uint8Array, start: number, end: number): void {
    this.drop();
    this.out.copy(source, start, end);
  }

  /** Rows without a value. */
  get nulls(): number {
    return this.rows - this.present;
  }

  /** What was written to `out` since the last row is the value of the next row, or the values of so many. */
  keep(rows = 1): void {
    const first = this.rows;
    this.makeRows(rows);
    const { marks } = this;
    if (rows === 1) marks[first >> 3] = (marks[first >> 3] as number) | (1 << (first & 7));
    else mark(marks, first, this.rows);
    this.present += rows;
    this.kept = this.out.length;
  }

  /** The next row, or so many, are null in this column. */
  keepNull(rows = 1): void {
    this.makeRows(rows);
  }

  /** Forgets what was written to `out` since the last row. */
  drop(): void {
    this.out.length = this.kept;
  }

  /** The body of a Parquet data page (version 1) of all rows: definition levels with their size, then values. */
  page(): { readonly levels: Buffer; readonly values: Uint8Array } {
    const { out, type } = this;
    return {
      levels: this.levels(),
      values: type === 'bool' ? packed(out.bytes, this.present) : out.bytes.subarray(0, this.kept),
    };
  }

  /** Begins anew. */
  clear(): void {
    this.marks.fill(0, 0, (this.rows + 7) >> 3);
    this.out.length = this.kept = this.rows = this.present = 0;
  }

  /** Begins anew without any memory. */
  release(): void {
    this.clear();
    this.out.release();
  }

  /** RLE/bit-packing hybrid of one bit: one run when all rows are alike, else the bits as they are. */
  private levels(): Buffer {
    const { rows, present, marks } = this;
    const alike = present === 0 || present === rows;
    const groups = (rows + 7) >> 3;
    const head = alike ? rows * 2 : groups * 2 + 1;
    const size: number[] = [];
    for (let left = head; ; left = Math.floor(left / 128)) {
      size.push(left > 127 ? (left & 127) | 128 : left);
      if (left <= 127) break;
    }
    const body = alike ? Uint8Array.of(present === 0 ? 0 : 1) : marks.subarray(0, groups);
    const levels = Buffer.allocUnsafe(4 + size.length + body.length);
    levels.writeUInt32LE(size.length + body.length, 0);
    levels.set(size, 4);
    levels.set(body, 4 + size.length);
    return levels;
  }

  private makeRows(count: number): void {
    this.rows += count;
    while (this.rows > this.marks.length * 8) {
      const marks = new Uint8Array(this.marks.length * 2);
      marks.set(this.marks);
      this.marks = marks;
    }
  }
}

/** Sets the bits from `first` to before `end`, the lowest bit of a byte first. */
function mark(bits: Uint8Array, first: number, end: number): void {
  const [from, to] = [first >> 3, end >> 3];
  const head = (0xff << (first & 7)) & 0xff;
  const tail = (1 << (end & 7)) - 1;
  if (from === to) {
    bits[from] = (bits[from] as number) | (head & tail);
    return;
  }
  bits[from] = (bits[from] as number) | head;
  bits.fill(0xff, from + 1, to);
  if (tail > 0) bits[to] = (bits[to] as number) | tail;
}

/** Bytes that are 0 or 1 as bits, the first one lowest. */
function packed(bytes: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array((count + 7) >> 3);
  for (let index = 0; index < count; index += 1)
    bits[index >> 3] = (bits[index >> 3] as number) | ((bytes[index] as number) << (index & 7));
  return bits;
}
