import type { ColumnTally } from '@parquetry/core';
import type { DataType, TableSchema } from '@parquetry/schema';

const INTEGER = /^-?\d{1,20}$/;
const MICROS_PER_DAY = 86_400_000_000n;
/** 0001-01-01 and 9999-12-31 as days since 1970: what every reader parses. */
const FIRST_DAY = -719_162n;
const LAST_DAY = 2_932_896n;

/**
 * The `stats` text of an `add`: exact bounds of integer and timestamp columns, null counts of all columns that are not
 * nested. Bounds are digits as counted, never through a JavaScript number; a missing bound only means less skipping.
 */
export function formatStats(
  schema: TableSchema,
  rows: number,
  columns: Readonly<Record<string, ColumnTally>>,
): string {
  const min: string[] = [];
  const max: string[] = [];
  const nulls: string[] = [];
  for (const { name, type } of schema.fields) {
    const tally = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (tally === undefined || type.type === 'list' || type.type === 'struct') continue;
    const key = JSON.stringify(name);
    nulls.push(`${key}:${tally.nulls}`);
    const low = bound(type, tally.min);
    const high = bound(type, tally.max);
    if (low === undefined || high === undefined) continue;
    min.push(`${key}:${low}`);
    max.push(`${key}:${high}`);
  }
  return `{"numRecords":${rows},"minValues":{${min.join(',')}},"maxValues":{${max.join(',')}},"nullCount":{${nulls.join(',')}}}`;
}

/** Rows of a file by its stats, undefined when another writer left them out. */
export function statsRows(stats: string | undefined): number | undefined {
  if (stats === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(stats);
    if (typeof value !== 'object' || value === null || !('numRecords' in value)) return undefined;
    return Number.isSafeInteger(value.numRecords) ? (value.numRecords as number) : undefined;
  } catch {
    return undefined;
  }
}

function bound(type: DataType, text: string | undefined): string | undefined {
  if (text === undefined || !INTEGER.test(text)) return undefined;
  if (type.type === 'int32' || type.type === 'int64' || type.type === 'uint32')
    return BigInt(text).toString();
  if (type.type !== 'timestamp') return undefined;
  const time = isoTime(BigInt(text));
  return time === undefined ? undefined : `"${time}"`;
}

/** `2025-07-13T10:00:00.000Z`, with six digits where microseconds matter: a bound is never rounded. */
function isoTime(micros: bigint): string | undefined {
  const remainder = ((micros % 1000n) + 1000n) % 1000n;
  const day = (micros - (((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY)) / MICROS_PER_DAY;
  if (day < FIRST_DAY || day > LAST_DAY) return undefined;
  const iso = new Date(Number((micros - remainder) / 1000n)).toISOString();
  return remainder === 0n ? iso : `${iso.slice(0, -1)}${String(remainder).padStart(3, '0')}Z`;
}
