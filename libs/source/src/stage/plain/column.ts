import type { DataType } from '@parquetry/schema';
import { ByteBuffer } from './bytes';
import { bitsOf, levelsOf, mark, memberLevels, packed, varint } from './levels';

/** Rows that the marks of a column have room for at first. */
const FIRST_ROWS = 1 << 14;
/** Most dictionaries are a few words. */
const DICTIONARY_BYTES = 1 << 10;
/** Bits of a code in a page. */
const CODE_BITS = 8;

/** Rows that follow each other and whose values lie in one form: as they are, or as codes of the dictionary. */
interface Stretch {
  readonly coded: boolean;
  readonly row: number;
  /** Values, and bytes of them, before it. */
  readonly present: number;
  readonly byte: number;
}

/** A Parquet data page (version 1) of some rows of a column. */
export interface PlainPage {
  readonly rows: number;
  readonly encoding: 'PLAIN' | 'RLE_DICTIONARY';
  /** Its body: definition levels with their size, then values. */
  readonly body: readonly Uint8Array[];
}

/**
 * One column of staged rows as Parquet stores it: the values that are not null one after the other in the PLAIN encoding,
 * or as codes of a dictionary where they come so, and one bit a row. A value is written to `out` and then kept by `keep`
 * or dropped by `drop`.
 */
export class PlainColumn {
  /** Values: strings with their length before them (32 bits), booleans a byte each (see `pages`), codes (8 bits). */
  readonly out: ByteBuffer;
  private readonly dictionary = new ByteBuffer(DICTIONARY_BYTES);
  private entries = 0;
  private stretches: Stretch[] = [];
  private coded = false;
  private kept = 0;
  /** Bytes of the kept values in the PLAIN encoding. */
  private plain = 0;
  protected rows = 0;
  private present = 0;
  private marks = new Uint8Array(FIRST_ROWS >> 3);

  /** `firstBytes`: bytes that its values begin with, a power of two. */
  constructor(
    private readonly kind: DataType['type'],
    firstBytes?: number,
  ) {
    this.out = new ByteBuffer(firstBytes);
  }

  /** Bytes of the kept values, were none of them codes. */
  get bytes(): number {
    return this.plain;
  }

  /** Bytes of the kept values whatever form they are staged in: decimals are digits only here. */
  get plainBytes(): number {
    return this.kind === 'decimal128' ? 16 * this.present : this.plain;
  }

  /** How many pages there are so far. */
  get pageCount(): number {
    return this.stretches.length + 1;
  }

  /** Adds values as they lie in `source`, for rows that are kept or null next. */
  append(source: Uint8Array, start: number, end: number): void {
    this.drop();
    this.out.copy(source, start, end);
  }

  /**
   * Adds codes as they lie in `source`, for rows that are kept (`coded`) or null next; in the PLAIN encoding their values
   * have `plainBytes`.
   */
  appendCodes(source: Uint8Array, start: number, end: number, plainBytes: number): void {
    this.append(source, start, end);
    this.plain += plainBytes;
  }

  /** Adds so many values to the dictionary, in the PLAIN encoding: those of the codes that come next. */
  addEntries(source: Uint8Array, start: number, end: number, count: number): void {
    this.dictionary.copy(source, start, end);
    this.entries += count;
  }

  /** Rows without a value. */
  get nulls(): number {
    return this.rows - this.present;
  }

  /** What was written to `out` since the last row is the value of the next row, or the values of so many. */
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

  /** The next row's value is the one with this code, which has `plainBytes` in the PLAIN encoding. */
  keepCode(code: number, plainBytes: number): void {
    this.out.byte(code);
    this.plain += plainBytes;
    this.keep(1, true);
  }

  /** The next row, or so many, are null in this column. */
  keepNull(rows = 1): void {
    this.makeRows(rows);
  }

  /** Rows are null in this column until it has this many. */
  padTo(rows: number): void {
    if (rows > this.rows) this.makeRows(rows - this.rows);
  }

  /** Forgets what was written to `out` since the last row. */
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

  /** Begins anew. */
  clear(): void {
    this.marks.fill(0, 0, (this.rows + 7) >> 3);
    this.out.length = this.dictionary.length = 0;
    this.entries = this.kept = this.plain = this.rows = this.present = 0;
    this.stretches = [];
    this.coded = false;
  }

  /** Begins anew without any memory. */
  release(): void {
    this.clear();
    this.out.release();
    this.dictionary.release();
  }

  /** The values from the next row on lie in the other form. */
  private turn(coded: boolean): void {
    const { rows, present, kept } = this;
    if (rows > 0) this.stretches.push({ coded: this.coded, row: rows, present, byte: kept });
    this.coded = coded;
  }

  /** The page of the rows between two places; `end` says in which form their values lie. */
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

/** Codes as one bit-packed run: of eight bits each they lie there as they are, in groups of eight. */
function codedValues(codes: Uint8Array, count: number): Uint8Array[] {
  const groups = (count + 7) >> 3;
  const head = Uint8Array.from([CODE_BITS, ...varint(groups * 2 + 1)]);
  return [head, codes, new Uint8Array(groups * 8 - count)];
}
