import type { DataType, Field } from '@parquetry/schema';
import { PlainColumn } from './column';

/** Initial buffer size of a member, bytes; most members have few values. */
const MEMBER_BYTES = 1 << 12;

/**
 * A struct column as nested Parquet columns, one per member. The cost of a row depends only on its members with a
 * value: the nulls of a member are added before its next value, and a member without values is one RLE run.
 */
export class StructColumn extends PlainColumn {
  private readonly all: readonly PlainColumn[];
  private textBytes = 0;

  constructor(readonly type: Extract<DataType, { type: 'struct' }>) {
    super(type.type);
    this.all = type.fields.map((field: Field) => new PlainColumn(field.type.type, MEMBER_BYTES));
  }

  override get bytes(): number {
    let bytes = 0;
    for (const member of this.all) bytes += member.bytes;
    return bytes;
  }

  override get plainBytes(): number {
    return this.textBytes;
  }

  /** The member with this index, ready for the next row's value. */
  member(index: number): PlainColumn {
    const member = this.all[index] as PlainColumn;
    member.padTo(this.rows);
    return member;
  }

  /** Keeps a row whose members are written; `textBytes`: the size of the row as JSON text. */
  keepStruct(textBytes: number): void {
    this.textBytes += textBytes;
    this.keep();
  }

  /** All members, each with all rows. */
  members(): readonly PlainColumn[] {
    return this.all.map((_, index) => this.member(index));
  }

  override clear(): void {
    super.clear();
    this.textBytes = 0;
    for (const member of this.all) member.clear();
  }

  override release(): void {
    super.release();
    for (const member of this.all) member.release();
  }
}
