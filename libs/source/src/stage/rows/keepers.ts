import type { DataType, Field } from '@parquetry/schema';
import type { Row, RowValue } from '@parquetry/stellar';
import type { ColumnCounter } from '../columns';
import type { PlainColumn } from '../plain/column';
import { StructColumn } from '../plain/struct';
import { TextCodes } from './codes';
import { refuse } from './refuse';
import { structKeeper } from './struct';
import { valueWriter } from './values';

/** Keeps a value, or a missing one, as the next row of a column. */
type Keeper = (value: RowValue | undefined) => void;

const BOUNDED: ReadonlySet<DataType['type']> = new Set(['int32', 'int64', 'uint32', 'uint64', 'timestamp']);

/**
 * Returns a function that keeps a value as the next row of a top-level column and counts it.
 * @throws ParquetryError SCHEMA_CONFLICT (the returned function) for a value that the column can't hold exactly
 */
export function columnKeeper(
  { name, type, nullable }: Field,
  column: PlainColumn,
  counter: ColumnCounter,
  negativeZero: () => void,
): Keeper {
  const keep = valueKeeper(type, name, column, counter, negativeZero);
  return (value) => {
    if (value !== null && value !== undefined) return keep(value);
    if (!nullable) refuse(name, 'not nullable', null);
    column.keepNull();
    counter.addNull();
  };
}

function valueKeeper(
  type: DataType,
  path: string,
  column: PlainColumn,
  counter: ColumnCounter,
  negativeZero: () => void,
): (value: RowValue) => void {
  if (column instanceof StructColumn) return structKeeper(column, path, negativeZero);
  const write = valueWriter(type, path, negativeZero);
  if (type.type === 'utf8' || type.type === 'json') {
    const codes = new TextCodes(column, write);
    return (value) => void codes.keep(value);
  }
  const bounded = BOUNDED.has(type.type);
  return (value) => {
    write(column.out, value);
    column.keep();
    if (bounded) counter.addBound(value as number | bigint);
  };
}

/**
 * Compiles a function that passes the values of a row to the keepers of its columns. Each column has a property access
 * of its own in the generated code, which V8 optimizes; one access in a loop over the names is several times slower.
 */
export function rowKeeper(names: readonly string[], keepers: readonly Keeper[]): (row: Row) => void {
  const variables = keepers.map((_, index) => `k${index}`);
  const calls = names.map((name, index) => `k${index}(row[${JSON.stringify(name)}]);`);
  const code = `"use strict";const [${variables.join()}]=keepers;return function(row){${calls.join('')}}`;
  const build = new Function('keepers', code) as (keepers: readonly Keeper[]) => (row: Row) => void;
  return build(keepers);
}
