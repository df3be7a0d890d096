import { DuckDBListValue, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';
import type { TableSchema } from '@parquetry/schema';
import { readStage } from '../../ndjson/testing/readback';
import type { Lossless } from './lossless';

/** The rows of a staged dataset: numbers as `#` and their digits, times as text. */
export async function stagedRows(
  stageDir: string,
  schema: TableSchema,
  dataset: string,
): Promise<Record<string, Lossless>[]> {
  const rows = await readStage(stageDir, schema, dataset);
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, lossless(value)])),
  );
}

function lossless(value: DuckDBValue): Lossless {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (value instanceof DuckDBListValue) return value.items.map(lossless);
  if (!(value instanceof DuckDBTimestampTZValue)) return `#${String(value)}`;
  const { micros } = value;
  const fraction = micros % 1_000_000n === 0n ? '' : `.${String(micros % 1_000_000n).padStart(6, '0')}`;
  return `${new Date(Number(micros / 1000n)).toISOString().slice(0, 19)}${fraction}Z`;
}
