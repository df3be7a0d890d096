import type { DataType } from '@parquetry/schema';
import { ByteBuffer } from './bytes';
import { bitsOf, levelsOf, mark, memberLevels, packed, varint } from './levels';

/** Initial capacity of a column's null bits, in rows. */
const FIRST_ROWS = 1 << 14;
/** Initial size; most dictionaries hold a few words. */
const DICTIONARY_BYTES = 1 << 10;
/** Size of a decimal in Parquet's PLAIN encoding. */
export const DECIMAL_BYTES = 16;
/** Width of a code in a page, bits. */
const CODE_BITS = 8;

/** The end of a run of rows with the same encoding: plain values, or codes of the dictionary. */
interface Stretch {
  readonly coded: boolean;
  readonly row: number;
  /** Number of values, and their bytes, before this row. */
  readonly present: number;
  readonly byte: number;
}

/** All rows of a column in memory; see `PlainColumn`. */
export interface ColumnContent {
  /** A bit for each row that has a value, lowest bit first. */
  readonly marks: Uint8Array;
  readonly values: Buffer;
  readonly dictionary: Buffer;
  /** Ends of the runs of values with the same encoding, in bytes. */
  readonly stretches: readonly { readonly coded: boolean; readonly byte: number }[];
}

/** A Parquet data page (version 1) of some rows of a column. */
export interface PlainPage {
  readonly rows: number;
  readonly encoding: 'PLAIN' | 'RLE_DICTIONARY';
  /** Its body: definition levels after their size, then values. */
  readonly body: readonly Uint8Array[];
}

/**
 * One column of staged rows in Parquet form: the non-null values in the PLAIN encoding or as dictionary codes, and one
 * null bit per row. Write a value to `out`, then call `keep` to add it or `drop` to discard it.
 */
export class PlainColumn {
  /** Values: strings after their 32-bit length, booleans of one byte (see `pages`), codes of 8 bits. */
  readonly out: ByteBuffer;
  private readonly dictionary = new ByteBuffer(DICTIONARY_BYTES);
  private entries = 0;
  private stretches: Stretch[] = [];
  private coded = false;
  private kept = 0;
  /** Bytes of the kept values in the PLAIN encoding. */
  private plain = 0;
  protected rows = 0;
  /** Rows with a value. */
  present = 0;
  private marks = new Uint8Array(FIRST_ROWS >> 3);

  /** `firstBytes`: initial size of the value buffer, a power of two. */
  constructor(
    private readonly kind: DataType['type'],
    firstBytes?: number,
  ) {
    this.out = new ByteBuffer(firstBytes);
  }

  /** Bytes of the kept values if none of them were codes. */
  get bytes(): number {
    return this.plain;
  }

  /** Bytes of the kept values in Parquet's PLAIN encoding, also of decimals that are staged as digits. */
  get plainBytes(): number {
    return this.kind === 'decimal128' ? DECIMAL_BYTES * this.present : this.plain;
  }

  /** Number of pages so far. */
  get pageCount(): number {
    return this.stretches.length + 1;
  }

  /** Copies values from `source` for the next rows, which the caller then keeps or marks as null. */
  append(source: Uint8Array, start: number, end: number): void {
    this.drop();
    this.out.copy(source, start, end);
  }

  /**
   * Copies codes from `source` for the next rows, which the caller then keeps (`coded`) or marks as null. In the PLAIN
   * encoding, their values have `plainBytes`.
   */
  appendCodes(source: Uint8Array, start: number, end: number, plainBytes: number): void {
    this.append(source, start, end);
    this.plain += plainBytes;
  }

  /** Adds `count` values in the PLAIN encoding to the dictionary; they get the next codes. */
  addEntries(source: Uint8Array, start: number, end: number, count: number): void {
    this.dictionary.copy(source, start, end);
    this.entries += count;
  }

  /** Number of values in the dictionary. */
  get dictionarySize(): number {
    return this.entries;
  }

  /** The rows as they are, until the next change. */
  get content(): ColumnContent {
    const { marks, coded, kept } = this;
    const stretches = [...this.stretches, { coded, byte: kept }];
    return { marks, values: this.out.bytes, dictionary: this.dictionary.bytes, stretches };
  }

  /** Rows without a value. */
  get nulls(): number {
    return this.rows - this.present;
  }

  /** Keeps the data written to `out` since the last row as the values of the next `rows` rows. */
  keep(rows = 1, coded = false): void {
    if (coded !== this.coded) this.turn(coded);
    const first = this.rows;
    this.makeRows(rows);
    const { marks } = this;
    if (rows === 1) marks[first >> 3] = (marks[first >> 3] as number) | (1 << (first & 7));
    else mark(marks, first, this.rows);
    this.present += rows;
    if (!coded) this.plain += this.out.length - this.kept;
    this.kept = this.out.length;
  }

  /** Keeps a code as the next row; its value has `plainBytes` in the PLAIN encoding. */
  keepCode(code: number, plainBytes: number): void {
    this.out.byte(code);
    this.plain += plainBytes;
    this.keep(1, true);
  }

  /** Marks the next `rows` rows as null. */
  keepNull(rows = 1): void {
    this.makeRows(rows);
  }

  /** Rows are null in this column until it has this many. */
  padTo(rows: number): void {
    if (rows > this.rows) this.makeRows(rows - this.rows);
  }

  /** Discards the data written to `out` since the last row. */
  drop(): void {
    this.out.length = this.kept;
  }

  /**
   * All rows as Parquet pages, and the values of the dictionary when there are codes among them. `struct`: the column
   * whose member this is.
   */
  pages(struct?: PlainColumn): {
    readonly dictionary?: { readonly entries: number; readonly body: Uint8Array };
    readonly data: readonly PlainPage[];
  } {
    const { coded, rows, present, kept } = this;
    const ends = [...this.stretches, { coded, row: rows, present, byte: kept }];
    const data = ends.map((end, index) =>
      this.page(index === 0 ? { row: 0, present: 0, byte: 0 } : (ends[index - 1] as Stretch), end, struct),
    );
    if (this.entries === 0) return { data };
    const { bytes, length } = this.dictionary;
    return { dictionary: { entries: this.entries, body: bytes.subarray(0, length) }, data };
  }

  /** Resets the column and keeps its memory. */
  clear(): void {
    this.marks.fill(0, 0, (this.rows + 7) >> 3);
    this.out.length = this.dictionary.length = 0;
    this.entries = this.kept = this.plain = this.rows = this.present = 0;
    this.stretches = [];
    this.coded = false;
  }

  /** Resets the column and releases its memory. */
  release(): void {
    this.clear();
    this.out.release();
    this.dictionary.release();
  }

  /** Switches the encoding, starting with the next row. */
  private turn(coded: boolean): void {
    const { rows, present, kept } = this;
    if (rows > 0) this.stretches.push({ coded: this.coded, row: rows, present, byte: kept });
    this.coded = coded;
  }

  /** The page of the rows from `start` to `end`; `end` also holds the encoding of their values. */
  private page(start: Omit<Stretch, 'coded'>, end: Stretch, struct?: PlainColumn): PlainPage {
    const rows = end.row - start.row;
    const present = end.present - start.present;
    const bits = (column: PlainColumn): Uint8Array => bitsOf(column.marks, start.row, end.row);
    const own = (): Uint8Array => bits(this);
    const levels =
      struct === undefined
        ? levelsOf(rows, present, own)
        : memberLevels(rows, present, own, struct.nulls === 0 ? undefined : bits(struct));
    const values = this.out.bytes.subarray(start.byte, end.byte);
    if (end.coded)
      return { rows, encoding: 'RLE_DICTIONARY', body: [levels, ...codedValues(values, present)] };
    const body = [levels, this.kind === 'bool' ? packed(values, present) : values];
    return { rows, encoding: 'PLAIN', body };
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

/** Codes as one bit-packed run. Codes of eight bits need no packing, only padding to groups of eight. */
function codedValues(codes: Uint8Array, count: number): Uint8Array[] {
  const groups = (count + 7) >> 3;
  const head = Uint8Array.from([CODE_BITS, ...varint(groups * 2 + 1)]);
  return [head, codes, new Uint8Array(groups * 8 - count)];
}
