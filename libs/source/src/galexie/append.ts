import { ParquetryError } from '@parquetry/core';
import type { CellValue, DataType, TableSchema } from '@parquetry/schema';
import type { Row } from '@parquetry/stellar';
import type { BatchParts } from '../stage/batches';
import type { ColumnCounter } from '../stage/columns';

const BOUNDED: ReadonlySet<DataType['type']> = new Set(['int32', 'int64', 'uint32', 'uint64', 'timestamp']);

/** Puts rows of decoded ledgers into record batches and counts their columns. */
export class RowAppender {
  private readonly columns: readonly { readonly name: string; readonly bounded: boolean }[];
  private checked = false;

  constructor(
    private readonly schema: TableSchema,
    private readonly parts: BatchParts,
    private readonly counters: readonly ColumnCounter[],
  ) {
    this.columns = schema.fields.map(({ name, type }) => ({ name, bounded: BOUNDED.has(type.type) }));
  }

  /** @throws ParquetryError SCHEMA_CONFLICT when the schema lacks a column of the row or a column can't hold a value */
  append(row: Row): void {
    if (!this.checked) this.check(row);
    const { columns, counters, parts } = this;
    const builders = parts.builder.columns;
    for (let index = 0; index < columns.length; index += 1) {
      const { name, bounded } = columns[index] as (typeof columns)[number];
      const value: CellValue = row[name] ?? null;
      (builders[index] as (typeof builders)[number]).append(value);
      if (value === null) (counters[index] as ColumnCounter).addNull();
      else if (bounded) (counters[index] as ColumnCounter).addBound(value as number | bigint);
    }
    parts.endRow();
  }

  /** All rows of a type have the same columns, so the first one is enough. */
  private check(row: Row): void {
    const known = new Set(this.columns.map(({ name }) => name));
    const lost = Object.keys(row).filter((name) => !known.has(name));
    if (lost.length > 0)
      throw new ParquetryError(
        'SCHEMA_CONFLICT',
        `The schema of ${this.schema.messageType} has no column ${lost.join(', ')}, which the lake's rows have.`,
        { details: { dataset: this.schema.messageType, columns: lost } },
      );
    this.checked = true;
  }
}
