import { type Data, type List, type Struct, makeData } from 'apache-arrow';
import type { CellValue } from './cell';
import { ColumnBuilder } from './column';
import { refuse } from './refuse';

/** Lists: offsets into one builder of all elements. */
export class ListBuilder extends ColumnBuilder {
  protected readonly width = 4;
  private offsets = new Int32Array(this.capacity + 1);
  private filled = 0;

  constructor(
    private readonly type: List,
    private readonly items: ColumnBuilder,
  ) {
    super();
  }

  get bytes(): number {
    return this.items.bytes + 4 * this.length;
  }

  override clear(): void {
    super.clear();
    this.items.clear();
    this.filled = 0;
  }

  /** `[a,null,b]`: brackets, commas, elements. */
  textBytes(): number {
    const { items } = this;
    return 2 * (this.length - this.nulls) + items.length - this.filled + 4 * items.nulls + items.textBytes();
  }

  protected override heapBytes(): number {
    return this.textBytes();
  }

  finish(): Data<List> {
    const { length, nulls: nullCount, validity: nullBitmap, type } = this;
    const valueOffsets = this.offsets.subarray(0, length + 1);
    return makeData({ type, length, nullCount, nullBitmap, valueOffsets, child: this.items.finish() });
  }

  protected put(value: CellValue, at: number): void {
    if (!Array.isArray(value)) refuse('list', value);
    const elements = value as readonly CellValue[];
    for (const element of elements) this.items.append(element);
    if (elements.length > 0) this.filled += 1;
    this.offsets[at + 1] = this.items.length;
  }

  protected override putNull(at: number): void {
    this.offsets[at + 1] = this.items.length;
  }

  protected grow(capacity: number): void {
    const offsets = new Int32Array(capacity + 1);
    offsets.set(this.offsets);
    this.offsets = offsets;
  }
}

/** A member of a struct. */
export interface Member {
  readonly name: string;
  readonly builder: ColumnBuilder;
}

/** Structs: one builder a member, as long as the struct's own. */
export class StructBuilder extends ColumnBuilder {
  protected readonly width = 4;
  private readonly known: ReadonlySet<string>;

  constructor(
    private readonly type: Struct,
    private readonly members: readonly Member[],
  ) {
    super();
    this.known = new Set(members.map(({ name }) => name));
  }

  get bytes(): number {
    return this.members.reduce((sum, { builder }) => sum + builder.bytes, 0);
  }

  override clear(): void {
    super.clear();
    for (const { builder } of this.members) builder.clear();
  }

  /** `{"a":1,"b":null}`: every member, as the writer casts it. */
  textBytes(): number {
    const { members, nulls } = this;
    const structs = this.length - nulls;
    let bytes = structs * (1 + Math.max(members.length, 1));
    for (const { name, builder } of members)
      // Where the struct is null its members are too, and are no text.
      bytes +=
        structs * (Buffer.byteLength(JSON.stringify(name)) + 1) +
        builder.textBytes() +
        4 * (builder.nulls - nulls);
    return bytes;
  }

  protected override heapBytes(): number {
    return this.textBytes();
  }

  finish(): Data<Struct> {
    const { length, nulls: nullCount, validity: nullBitmap, type } = this;
    return makeData({
      type,
      length,
      nullCount,
      nullBitmap,
      children: this.members.map(({ builder }) => builder.finish()),
    });
  }

  protected put(value: CellValue): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('struct', value);
    const object = value as Readonly<Record<string, CellValue>>;
    for (const name of Object.keys(object))
      if (!this.known.has(name)) refuse(`struct without ${name}`, value);
    for (const { name, builder } of this.members)
      builder.append(Object.hasOwn(object, name) ? object[name] : null);
  }

  protected override putNull(): void {
    for (const { builder } of this.members) builder.append(null);
  }

  protected grow(): void {
    // The members grow by themselves.
  }
}
