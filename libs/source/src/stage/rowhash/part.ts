import * as schema from '@parquetry/schema';
import type { DataType } from '@parquetry/schema';
import { ByteBuffer } from '../plain/bytes';
import { DECIMAL_BYTES, type PlainColumn } from '../plain/column';
import { bitsOf } from '../plain/levels';
import { fromDecimals, fromFloats, fromInts, fromLongs, type NumberForm } from './numbers';
import { plainValues } from './plainvalues';
import { canonicalReader } from './text';
import { LedgerValues } from './values';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { PART_TAGS, partHead } = schema;

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

/** Values of the open ledger in parts of the stage that are closed. */
interface Carried {
  bits: Uint8Array;
  present: number;
  readonly values: ByteBuffer;
}

/**
 * One column, or member of a struct, of a dataset that is staged ledger by ledger. It reads the values of a ledger from the
 * pages of the stage where they are; it only copies those of a ledger that has rows in several parts of the stage.
 */
export class LedgerPart {
  /** Values before the open ledger, and their bytes, in the open part of the stage. */
  private present = 0;
  private byte = 0;
  private carried: Carried | undefined;
  private readonly convert: ((text: string) => string) | undefined;
  private readonly converted = new ByteBuffer(1 << 10);
  private prefix: Buffer | undefined;
  private prefixTag = 0;

  /**
   * `update`: brings the column up to date, because members of a struct lack the nulls at their end; `bare`: a struct whose
   * members are parts, so it has no values of its own.
   */
  constructor(
    readonly path: Buffer,
    private readonly type: DataType,
    private readonly column: PlainColumn,
    private readonly update: () => void,
    private readonly bare = false,
  ) {
    this.convert = !bare && TAG[type.type] === PART_TAGS.nested ? canonicalReader(type) : undefined;
  }

  /** Keeps the open ledger's rows `[first, end)` of the stage's part, which is closed; `rows` are kept already. */
  carry(first: number, end: number, rows: number): void {
    const { column, present, byte } = this;
    this.present = this.byte = 0;
    if (column.present === present) return;
    this.update();
    const carried = (this.carried ??= {
      bits: new Uint8Array(0),
      present: 0,
      values: new ByteBuffer(1 << 12),
    });
    const { content } = column;
    const bits = new Uint8Array((rows + end - first + 7) >> 3);
    bits.set(carried.bits);
    for (let row = first, to = rows; row < end; row += 1, to += 1)
      if ((((content.marks[row >> 3] as number) >> (row & 7)) & 1) === 1)
        bits[to >> 3] = (bits[to >> 3] as number) | (1 << (to & 7));
    carried.bits = bits;
    carried.present += column.present - present;
    const { bytes } = plainValues(content, byte, column.out.length);
    carried.values.copy(bytes, 0, bytes.length);
  }

  /**
   * The values of the open ledger; undefined without any. Its rows are `[first, end)` of the stage's open part, after `rows`
   * that are carried. The result is valid until the next row and `clearScratch`.
   */
  read(first: number, end: number, rows: number): LedgerValues | undefined {
    const { column } = this;
    if (rows === 0) {
      const present = column.present - this.present;
      if (present === 0) return undefined;
      this.update();
      const { content } = column;
      const bits = present === end - first ? undefined : bitsOf(content.marks, first, end);
      const { bytes, constant } = plainValues(content, this.byte, column.out.length);
      return this.form(end - first, bits, bytes, constant);
    }
    this.carry(first, end, rows);
    const { carried } = this;
    if (carried === undefined) return undefined;
    const all = rows + end - first;
    const bits = new Uint8Array((all + 7) >> 3);
    bits.set(carried.bits);
    const { values } = carried;
    return this.form(
      all,
      carried.present === all ? undefined : bits,
      values.bytes.subarray(0, values.length),
      this.bare,
    );
  }

  /** Begins the next ledger after the rows of the stage's open part. */
  next(): void {
    this.present = this.column.present;
    this.byte = this.column.out.length;
    this.carried?.values.release();
    this.carried = undefined;
  }

  /** Releases the memory. */
  release(): void {
    this.converted.release();
  }

  /** Brings staged values to the form in which they are hashed. */
  private form(rows: number, bits: Uint8Array | undefined, staged: Buffer, constant: boolean): LedgerValues {
    const { bare, convert, type } = this;
    const number = bare ? undefined : numbersOf(type, staged);
    const own = TAG[type.type];
    const tag = bare ? PART_TAGS.struct : number === undefined ? own : PART_TAGS.number;
    if (this.prefixTag !== tag) this.prefix = undefined;
    this.prefixTag = tag;
    return new LedgerValues({
      prefix: (this.prefix ??= partHead(this.path, tag, new Uint8Array(0))),
      rows,
      bits,
      bytes: number?.bytes ?? (convert === undefined ? staged : this.convertAll(convert, staged)),
      width: number?.width ?? STAGED_BYTES[type.type],
      number,
      constant: number?.constant ?? constant,
    });
  }

  private convertAll(convert: (text: string) => string, staged: Buffer): Buffer {
    const { converted } = this;
    converted.length = 0;
    for (let at = 0; at < staged.length;) {
      const end = at + 4 + staged.readUInt32LE(at);
      const start = converted.length;
      converted.int32(0);
      converted.text(convert(staged.toString('utf8', at + 4, end)));
      converted.putInt32(converted.length - start - 4, start);
      at = end;
    }
    return converted.bytes.subarray(0, converted.length);
  }
}

/** Staged numbers in the form in which they are hashed; undefined for other values. */
function numbersOf(type: DataType, staged: Buffer): NumberForm | undefined {
  switch (type.type) {
    case 'int32':
    case 'uint32':
      return fromInts(staged, type.type === 'int32');
    case 'int64':
    case 'uint64':
      return fromLongs(staged, type.type === 'int64');
    case 'decimal128':
      return fromDecimals(staged, type.scale);
    case 'float64':
      return fromFloats(staged);
    case 'bool':
    case 'timestamp':
    case 'utf8':
    case 'json':
    case 'list':
    case 'struct':
      return undefined;
  }
}
