import {
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { ParquetryError } from '@parquetry/core';
import type { ColumnValue } from '@parquetry/schema';

/** Converts a value of one of our column types (`duckdbType`), exactly. */
export function plainValue(value: DuckDBValue): ColumnValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBListValue) return value.items.map(plainValue);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, each]) => [name, plainValue(each)]));
  throw new ParquetryError('INTERNAL', `A column has a value of the unknown kind ${value.constructor.name}.`);
}
