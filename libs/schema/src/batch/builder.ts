import {
  type DataType as ArrowType,
  type Decimal,
  Int64,
  type List,
  RecordBatch,
  Struct,
  type Timestamp,
  makeData,
} from 'apache-arrow';
import { toArrowSchema } from '../arrow';
import type { DataType, TableSchema } from '../types';
import type { CellValue } from './cell';
import type { ColumnBuilder } from './column';
import { BoolBuilder, DecimalBuilder, Float64Builder, Int32Builder, Int64Builder } from './fixed';
import { ListBuilder, type Member, StructBuilder } from './nested';
import { TextBuilder } from './text';

/** Builds record batches of a registered schema, column by column in Arrow's own buffers. */
export class BatchBuilder {
  readonly schema: ReturnType<typeof toArrowSchema>;
  /** One builder a column, in schema order; a row is one `append` to each of them, then `endRow`. */
  readonly columns: readonly ColumnBuilder[];
  /** Rows since the last `take`. */
  rows = 0;
  private readonly members: readonly Member[];

  constructor(table: TableSchema) {
    this.schema = toArrowSchema(table);
    this.columns = table.fields.map(({ type }, index) =>
      columnBuilder(type, this.schema.fields[index]?.type as ArrowType),
    );
    this.members = table.fields.map(({ name }, index) => ({
      name,
      builder: this.columns[index] as ColumnBuilder,
    }));
  }

  /** Bytes of the rows so far, about. */
  get bytes(): number {
    let bytes = 0;
    for (const column of this.columns) bytes += column.bytes;
    return bytes;
  }

  /** Ends a row whose values were appended to the columns. */
  endRow(): void {
    this.rows += 1;
  }

  /** Appends a row by the names of its columns; absent ones are null. */
  append(row: Readonly<Record<string, CellValue>>): void {
    for (const { name, builder } of this.members) builder.append(row[name]);
    this.rows += 1;
  }

  /** Hands the rows over as a batch and begins the next one; the batch is valid until `use` returns. */
  take(use: (batch: RecordBatch) => void): { readonly rows: number; readonly plainBytes: number } {
    const { rows, columns } = this;
    const type = new Struct(this.schema.fields);
    const children = columns.map((column) => column.finish());
    use(new RecordBatch(this.schema, makeData({ type, length: rows, nullCount: 0, children })));
    let plainBytes = 0;
    for (const column of columns) {
      plainBytes += column.plainBytes();
      column.clear();
    }
    this.rows = 0;
    return { rows, plainBytes };
  }
}

function columnBuilder(type: DataType, arrow: ArrowType): ColumnBuilder {
  switch (type.type) {
    case 'bool':
      return new BoolBuilder();
    case 'int32':
      return new Int32Builder(true);
    case 'uint32':
      return new Int32Builder(false);
    case 'int64':
      return new Int64Builder(new Int64(), false);
    case 'timestamp':
      return new Int64Builder(arrow as Timestamp, true);
    case 'uint64':
      return new DecimalBuilder(arrow as Decimal, true);
    case 'decimal128':
      return new DecimalBuilder(arrow as Decimal, false);
    case 'float64':
      return new Float64Builder();
    case 'utf8':
    case 'json':
      return new TextBuilder();
    case 'list':
      return new ListBuilder(
        arrow as List,
        columnBuilder(type.items.type, (arrow as List).valueType as ArrowType),
      );
    case 'struct':
      return new StructBuilder(
        arrow as Struct,
        type.fields.map(({ name, type: member }, index) => ({
          name,
          builder: columnBuilder(member, (arrow as Struct).children[index]?.type as ArrowType),
        })),
      );
  }
}
