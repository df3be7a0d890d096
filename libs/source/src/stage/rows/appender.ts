import { ParquetryError } from '@parquetry/core';
import type { DataType, Field, TableSchema } from '@parquetry/schema';
import type { Row, RowValue } from '@parquetry/stellar';
import type { ColumnCounter } from '../columns';
import type { DatasetStage } from '../dataset';
import type { PlainColumn } from '../plain/column';
import { StructColumn } from '../plain/struct';
import { TextCodes } from './codes';
import type { ValueWriter } from './nested';
import { refuse } from './refuse';
import { structKeeper } from './struct';
import { valueWriter } from './values';

const BOUNDED: ReadonlySet<DataType['type']> = new Set(['int32', 'int64', 'uint32', 'uint64', 'timestamp']);

interface Column {
  readonly field: Field;
  readonly plain: PlainColumn;
  readonly counter: ColumnCounter;
  readonly bounded: boolean;
  readonly write: ValueWriter;
  /** Only for a text column. */
  readonly codes: TextCodes | undefined;
  /** Of a struct column: keeps a value as the next row. */
  readonly keepStruct: ((value: RowValue) => void) | undefined;
}

/** Stages rows that are objects (see `RowValue`): writes each value to its column's pages and counts it. */
export class RowAppender {
  private readonly columns: readonly Column[];
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
    parts.nestStructs();
    const negativeZero = (): void => stage.noteNegativeZero();
    this.columns = schema.fields.map((field, index) => {
      const plain = parts.columns[index] as PlainColumn;
      const write = valueWriter(field.type, field.name, negativeZero);
      const isText = field.type.type === 'utf8' || field.type.type === 'json';
      return {
        field,
        plain,
        counter: columns[index] as ColumnCounter,
        bounded: BOUNDED.has(field.type.type),
        write,
        codes: isText ? new TextCodes(plain, write) : undefined,
        keepStruct: plain instanceof StructColumn ? structKeeper(plain, field.name, negativeZero) : undefined,
      };
    });
  }

  /**
   * Stages a row of `ledger`, whose close time is in Unix microseconds. A rejected row fails the whole pull.
   * @throws ParquetryError SCHEMA_CONFLICT when no schema has a column of the row, or a column can't hold a value
   */
  append(row: Row, ledger: number, closeTimeMicros: number): void {
    if (!this.checked) this.check(row);
    const { columns, stage } = this;
    const part = stage.parts.closed;
    for (let index = 0; index < columns.length; index += 1) {
      const { field, plain, counter, bounded, write, codes, keepStruct } = columns[index] as Column;
      const value: RowValue = row[field.name] ?? null;
      if (value === null) {
        if (!field.nullable) refuse(field.name, 'not nullable', null);
        plain.keepNull();
        counter.addNull();
        continue;
      }
      if (codes !== undefined) codes.keep(value, part);
      else if (keepStruct !== undefined) keepStruct(value);
      else {
        write(plain.out, value);
        plain.keep();
        if (bounded) counter.addBound(value as number | bigint);
      }
    }
    stage.parts.addRows(1);
    stage.noteRows(ledger, closeTimeMicros);
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
