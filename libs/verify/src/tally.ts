import type { ColumnTally } from '@parquetry/core';
import type { Field, TableSchema } from '@parquetry/schema';
import type { FileMetaData } from 'hyparquet';
import type { Checker } from './fault';

/** True for the types whose bounds are compared: integers and timestamps. */
export function isBounded({ type }: Field): boolean {
  return ['int32', 'int64', 'uint32', 'uint64', 'timestamp'].includes(type.type);
}

/** True for lists and structs: the footer has no null count for them. */
export function isNested({ type }: Field): boolean {
  return type.type === 'list' || type.type === 'struct';
}

/** Nulls and bounds, accumulated over files or row groups. */
export class Tally {
  nulls = 0;
  private min: bigint | undefined;
  private max: bigint | undefined;

  addBounds(min: bigint, max: bigint): void {
    if (this.min === undefined || min < this.min) this.min = min;
    if (this.max === undefined || max > this.max) this.max = max;
  }

  addTally(tally: ColumnTally): void {
    this.nulls += tally.nulls;
    if (tally.min !== undefined && tally.max !== undefined)
      this.addBounds(BigInt(tally.min), BigInt(tally.max));
  }

  value(): ColumnTally {
    if (this.min === undefined || this.max === undefined) return { nulls: this.nulls };
    return { nulls: this.nulls, min: String(this.min), max: String(this.max) };
  }
}

/**
 * Nulls and bounds of the scalar top-level columns from the footer. Bounds of `uint64` are omitted: hyparquet returns
 * DECIMAL statistics as rounded doubles; level full compares them exactly.
 */
export function footerTallies(
  check: Checker,
  metadata: FileMetaData,
  schema: TableSchema,
): Record<string, ColumnTally> {
  const tallies: [string, ColumnTally][] = [];
  for (const field of schema.fields) {
    if (isNested(field)) continue;
    const tally = new Tally();
    for (const group of metadata.row_groups) {
      const chunk = group.columns.find(({ meta_data }) => isTopLevel(meta_data?.path_in_schema, field));
      const stats = chunk?.meta_data?.statistics;
      if (stats?.null_count === undefined)
        return check.mismatch(`the null count of ${field.name}`, 'there', 'missing');
      tally.nulls += Number(stats.null_count);
      if (!isBounded(field) || field.type.type === 'uint64' || stats.null_count === group.num_rows) continue;
      tally.addBounds(integer(check, field, stats.min_value), integer(check, field, stats.max_value));
    }
    tallies.push([field.name, tally.value()]);
  }
  return Object.fromEntries(tallies);
}

function isTopLevel(path: readonly string[] | undefined, field: Field): boolean {
  return path?.length === 1 && path[0] === field.name;
}

function integer(check: Checker, field: Field, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return check.mismatch(`a bound of ${field.name} in the footer`, 'a whole number', typeof value);
}

/** Compares the nulls and bounds found in a column with the expected ones; bounds only when both sides have them. */
export function checkTally(
  check: Checker,
  field: Field,
  expected: ColumnTally,
  found: ColumnTally,
  exactBounds: boolean,
): void {
  check.same(`the number of nulls in ${field.name}`, expected.nulls, found.nulls);
  if (!isBounded(field) || !exactBounds) return;
  check.same(`the least value of ${field.name}`, expected.min, found.min);
  check.same(`the greatest value of ${field.name}`, expected.max, found.max);
}
