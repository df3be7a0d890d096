import type { Json } from '@duckdb/node-api';
import { type ColumnTally, ParquetryError } from '@parquetry/core';
import { type Field, type TableSchema, quoteName } from '@parquetry/schema';

/** COPY's report about a file (RETURN_STATS). */
export interface CopyReport {
  readonly rows: number;
  readonly size: number;
  /** Footer bytes, magic and length included. */
  readonly footerSize: number;
  /** By quoted path (`"a"."b"`). */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** The row that COPY with RETURN_STATS returns: filename, count, sizes, statistics, partition keys. */
export function copyReport(row: Json[] | undefined): CopyReport {
  const [, rows, size, footerSize, statistics] = row ?? [];
  const columns = entries(statistics).map(([path, stats]): [string, Map<string, string>] => [
    path,
    new Map(entries(stats).map(([name, value]) => [name, String(value)])),
  ]);
  return {
    rows: Number(rows),
    size: Number(size),
    footerSize: Number(footerSize),
    columns: new Map(columns),
  };
}

/** A MAP in its JSON form: a list of `{key, value}`. */
function entries(map: Json | undefined): [string, Json][] {
  if (!Array.isArray(map)) return [];
  return map.map((entry) => {
    const { key, value } = entry as { key: string; value: Json };
    return [key, value];
  });
}

/** True for the types whose bounds are compared: integers and timestamps. */
function isBounded(field: Field): boolean {
  return ['int32', 'int64', 'uint32', 'uint64', 'timestamp'].includes(field.type.type);
}

/** True for lists and structs: no Parquet statistic counts their own nulls. */
export function isNested(field: Field): boolean {
  return field.type.type === 'list' || field.type.type === 'struct';
}

/**
 * Nulls and bounds of the scalar top-level columns, as counted by COPY, in the form of the pull's tallies.
 */
export function columnTallies(report: CopyReport, schema: TableSchema): Record<string, ColumnTally> {
  const tallies: [string, ColumnTally][] = [];
  for (const field of schema.fields) {
    if (isNested(field)) continue;
    const stats = report.columns.get(quoteName(field.name));
    const nulls = Number(stats?.get('null_count') ?? Number.NaN);
    if (!Number.isSafeInteger(nulls))
      throw new ParquetryError('WRITE_FAILED', `COPY returned no null count for column "${field.name}".`);
    const min = stats?.get('min');
    const max = stats?.get('max');
    tallies.push([
      field.name,
      isBounded(field) && min !== undefined && max !== undefined
        ? { nulls, min: bound(field, min), max: bound(field, max) }
        : { nulls },
    ]);
  }
  return Object.fromEntries(tallies);
}

function bound(field: Field, text: string): string {
  return field.type.type === 'timestamp' ? String(timestampMicros(text)) : text;
}

/** DuckDB's text of a TIMESTAMPTZ in UTC (`2025-07-13 01:02:03.123456+00`) in Unix microseconds. */
function timestampMicros(text: string): bigint {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text);
  const seconds = match === null ? Number.NaN : Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
  if (match === null || Number.isNaN(seconds))
    throw new ParquetryError('WRITE_FAILED', `COPY returned a time that can't be read: ${text.slice(0, 40)}`);
  return BigInt(seconds) * 1000n + BigInt((match[7] ?? '').padEnd(6, '0'));
}
