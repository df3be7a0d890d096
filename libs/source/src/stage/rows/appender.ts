import { ParquetryError } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { Row } from '@parquetry/stellar';
import type { ColumnCounter } from '../columns';
import type { DatasetStage } from '../dataset';
import type { PlainColumn } from '../plain/column';
import { columnKeeper, rowKeeper } from './keepers';

/** Stages rows that are objects (see `RowValue`): writes each value to its column's pages and counts it. */
export class RowAppender {
  private readonly keep: (row: Row) => void;
  private checked = false;

  /**
   * `newest`: the schema of this version. The stage may have an older one, of ledgers that were committed with it; its rows
   * are without the columns that were added since.
   */
  constructor(
    private readonly stage: DatasetStage,
    private readonly newest: TableSchema = stage.schema,
  ) {
    const { schema, parts, columns } = stage;
    parts.stageTyped();
    const negativeZero = (): void => stage.noteNegativeZero();
    const keepers = schema.fields.map((field, index) =>
      columnKeeper(field, parts.columns[index] as PlainColumn, columns[index] as ColumnCounter, negativeZero),
    );
    this.keep = rowKeeper(
      schema.fields.map(({ name }) => name),
      keepers,
    );
  }

  /**
   * Stages a row of `ledger`, whose close time is in Unix microseconds. A rejected row fails the whole pull.
   * @throws ParquetryError SCHEMA_CONFLICT when no schema has a column of the row, or a column can't hold a value
   */
  append(row: Row, ledger: number, closeTimeMicros: number): void {
    if (!this.checked) this.check(row);
    this.keep(row);
    this.stage.parts.addRows(1);
    this.stage.noteRows(ledger, closeTimeMicros);
  }

  /** All rows of a type have the same columns, so the first one is enough. */
  private check(row: Row): void {
    const { schema } = this.stage;
    const known = new Set([...schema.fields, ...this.newest.fields].map(({ name }) => name));
    const unknown = Object.keys(row).filter((name) => !known.has(name));
    if (unknown.length > 0)
      throw new ParquetryError(
        'SCHEMA_CONFLICT',
        `The schema of ${schema.messageType} has no column ${unknown.join(', ')}, which the decoded rows have.`,
        { details: { dataset: schema.messageType, columns: unknown } },
      );
    this.checked = true;
  }
}
