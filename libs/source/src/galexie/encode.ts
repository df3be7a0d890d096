import { ParquetryError } from '@parquetry/core';
import type { DataType, TableSchema } from '@parquetry/schema';
import type { Row, RowValue } from '@parquetry/stellar';
import type { ColumnCounter } from '../stage/columns';

interface Column {
  readonly name: string;
  /** `"name":` */
  readonly prefix: string;
  readonly type: DataType;
  /** Whether the tally keeps bounds of the column. */
  readonly bounded: boolean;
}

const BOUNDED: ReadonlySet<DataType['type']> = new Set(['int32', 'int64', 'uint32', 'uint64', 'timestamp']);

/** Writes rows as staged NDJSON lines (core's stage format) and counts their columns. */
export class RowEncoder {
  private readonly columns: readonly Column[];
  private checked = false;

  constructor(
    private readonly schema: TableSchema,
    private readonly counters: readonly ColumnCounter[],
  ) {
    this.columns = schema.fields.map(({ name, type }) => ({
      name,
      prefix: `${JSON.stringify(name)}:`,
      type,
      bounded: BOUNDED.has(type.type),
    }));
  }

  /**
   * One line, without its newline. NULL columns are left out.
   * @throws ParquetryError SCHEMA_CONFLICT when the schema lacks a column of the row
   */
  encode(row: Row): string {
    if (!this.checked) this.check(row);
    let line = '';
    for (let index = 0; index < this.columns.length; index++) {
      const column = this.columns[index] as Column;
      const counter = this.counters[index] as ColumnCounter;
      const value = row[column.name] ?? null;
      if (value === null) {
        counter.addNull();
        continue;
      }
      if (column.bounded) counter.addBound(value as bigint | number);
      line += `${line === '' ? '{' : ','}${column.prefix}${encodeValue(column.type, value)}`;
    }
    return line === '' ? '{}' : `${line}}`;
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

function encodeValue(type: DataType, value: RowValue): string {
  switch (type.type) {
    case 'utf8':
    case 'json':
      return quote(value as string);
    case 'timestamp':
      return `"${timeText(value as number)}"`;
    case 'list':
      return `[${(value as readonly RowValue[]).map((item) => encodeValue(type.items.type, item)).join(',')}]`;
    case 'bool':
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return String(value);
    case 'float64':
    case 'decimal128':
    case 'struct':
      throw new ParquetryError('INTERNAL', `No row of a ledger lake has a ${type.type} column.`);
  }
}

/** Most values are base64, hex or strkey, which need no escapes; a long scan is cheaper than JSON.stringify. */
const PLAIN = /^[A-Za-z0-9+/=]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

let lastTime = { micros: 0, text: '1970-01-01T00:00:00Z' };

/** `YYYY-MM-DDTHH:MM:SS[.ffffff]Z` of Unix microseconds. All rows of a ledger have the same, so the last is kept. */
export function timeText(micros: number): string {
  if (lastTime.micros !== micros) lastTime = { micros, text: formatTime(micros) };
  return lastTime.text;
}

function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === 0 ? `${text}Z` : `${text}.${String(fraction).padStart(6, '0')}Z`;
}
