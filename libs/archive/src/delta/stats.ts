import type { ColumnTally } from '@parquetry/core';
import type { DataType, TableSchema } from '@parquetry/schema';

const INTEGER = /^-?\d{1,20}$/;
/** The first and last millisecond of the years 1 to 9999, the range that every reader parses. */
const FIRST_MILLI = -62_135_596_800_000n;
const LAST_MILLI = 253_402_300_799_999n;

/** True for types with bounds that every Delta reader understands and every file has. */
export function isIndexed({ type }: DataType): boolean {
  return type === 'int32' || type === 'int64' || type === 'uint32' || type === 'timestamp';
}

/**
 * The `stats` text of an `add`: bounds of integer and timestamp columns, null counts of all columns that are not
 * nested. `indexed` names the columns that the table's statistics are used for (see `indexedColumns`): when the bounds
 * of one of them can't be written, the file has no bounds. A column that is missing from the file's schema is all null.
 */
export function formatStats(
  schema: TableSchema,
  rows: number,
  columns: Readonly<Record<string, ColumnTally>>,
  indexed: ReadonlySet<string> = new Set(),
): string {
  const min: string[] = [];
  const max: string[] = [];
  const nulls: string[] = [];
  const missing = new Set(indexed);
  for (const { name, type } of schema.fields) {
    const tally = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (tally === undefined || type.type === 'list' || type.type === 'struct') continue;
    const key = JSON.stringify(name);
    nulls.push(`${key}:${tally.nulls}`);
    if (tally.nulls === rows) missing.delete(name);
    const low = bound(type, tally.min, 'down');
    const high = bound(type, tally.max, 'up');
    if (low === undefined || high === undefined) continue;
    missing.delete(name);
    min.push(`${key}:${low}`);
    max.push(`${key}:${high}`);
  }
  const known = new Set(schema.fields.map(({ name }) => name));
  for (const name of [...missing].filter((other) => !known.has(other))) {
    nulls.push(`${JSON.stringify(name)}:${rows}`);
    missing.delete(name);
  }
  const bounds = missing.size > 0 ? '' : `"minValues":{${min.join(',')}},"maxValues":{${max.join(',')}},`;
  return `{"numRecords":${rows},${bounds}"nullCount":{${nulls.join(',')}}}`;
}

/** Row count from a file's stats; undefined when another writer omitted it. */
export function statsRows(stats: string | undefined): number | undefined {
  const rows = parsed(stats)?.['numRecords'];
  return Number.isSafeInteger(rows) ? (rows as number) : undefined;
}

/** Bounds of a timestamp column in a file's stats, Unix seconds; undefined when it has none. */
export function closeBounds(
  stats: string | undefined,
  column: string,
): { readonly first: number; readonly last: number } | undefined {
  const { minValues, maxValues } = (parsed(stats) ?? {}) as Readonly<
    Record<string, Readonly<Record<string, unknown>> | undefined>
  >;
  const [first, last] = [minValues, maxValues].map((bounds) => {
    const text = bounds?.[column];
    return typeof text === 'string' ? Date.parse(text) / 1000 : Number.NaN;
  });
  return first === undefined || last === undefined || !(first <= last) ? undefined : { first, last };
}

function parsed(stats: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (stats === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(stats);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function bound(type: DataType, text: string | undefined, rounding: 'down' | 'up'): string | undefined {
  if (text === undefined || !INTEGER.test(text) || !isIndexed(type)) return undefined;
  const value = BigInt(text);
  if (type.type !== 'timestamp') return value.toString();
  const time = isoTime(value, rounding);
  return time === undefined ? undefined : `"${time}"`;
}

/**
 * `2025-07-13T10:00:00.000Z`: the protocol has millisecond precision, so a lower bound is rounded down and an upper
 * bound up.
 */
function isoTime(micros: bigint, rounding: 'down' | 'up'): string | undefined {
  const remainder = ((micros % 1000n) + 1000n) % 1000n;
  const millis = (micros - remainder) / 1000n + (rounding === 'up' && remainder > 0n ? 1n : 0n);
  return millis < FIRST_MILLI || millis > LAST_MILLI ? undefined : new Date(Number(millis)).toISOString();
}
