import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { layoutFolder } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { CheckpointWriter } from '../delta/checkpoint';
import type { DraftFile } from '../draft';
import { closeTime } from './fixture';

/** One column of every type that the registry supports. */
export const WIDE_SCHEMA: TableSchema = {
  messageType: 'wide',
  origin: 'predefined',
  doc: 'All types',
  fields: [
    { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false, doc: 'The ledger' },
    {
      id: 2,
      name: 'closed_at',
      type: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
      nullable: false,
    },
    { id: 3, name: 'i32', type: { type: 'int32' }, nullable: true },
    { id: 4, name: 'i64', type: { type: 'int64' }, nullable: true },
    { id: 5, name: 'u64', type: { type: 'uint64' }, nullable: true },
    { id: 6, name: 'f64', type: { type: 'float64' }, nullable: true },
    { id: 7, name: 'dec', type: { type: 'decimal128', precision: 38, scale: 7 }, nullable: true },
    { id: 8, name: 'text', type: { type: 'utf8' }, nullable: true },
    { id: 9, name: 'flag', type: { type: 'bool' }, nullable: true },
    {
      id: 10,
      name: 'tags',
      type: { type: 'list', items: { id: 11, name: 'element', type: { type: 'utf8' }, nullable: true } },
      nullable: true,
    },
    {
      id: 12,
      name: 'pair',
      type: {
        type: 'struct',
        fields: [
          { id: 13, name: 'a', type: { type: 'uint32' }, nullable: true },
          { id: 14, name: 'b', type: { type: 'json' }, nullable: true },
        ],
      },
      nullable: true,
    },
  ],
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
};

const WIDE_SELECT = `
  ledger::UINTEGER AS ledger_sequence,
  make_timestamptz(1752364800000000 + ledger * 5000000 + 123) AS closed_at,
  (-ledger)::INTEGER AS i32,
  (9223372036854775807 - ledger)::BIGINT AS i64,
  (18446744073709551615 - ledger)::DECIMAL(20, 0) AS u64,
  (ledger / 7)::DOUBLE AS f64,
  '1234567890123456789012345678901.7654321'::DECIMAL(38, 7) AS dec,
  CASE WHEN ledger % 3 = 0 THEN NULL ELSE 'text é ' || ledger END AS "text",
  ledger % 2 = 0 AS flag,
  ['x', 'y' || ledger] AS tags,
  {'a': ledger::UINTEGER, 'b': '{"n":1}'} AS pair`;

/** Runs statements on a fresh database. */
export async function runDuck(...statements: string[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes the wide rows of ledgers `start`–`end`, one per ledger, as Parquet; a ledger always has the same row. */
export async function wideFile(folder: string, start: number, end: number): Promise<DraftFile> {
  const localPath = path.join(folder, `wide-${start}-${end}.parquet`);
  await runDuck(
    `SET TimeZone = 'UTC'`,
    `COPY (SELECT ${WIDE_SELECT} FROM range(${start}, ${end + 1}) AS t(ledger)) TO '${localPath}' (FORMAT parquet)`,
  );
  const bytes = await readFile(localPath);
  const ledgers = Array.from({ length: end - start + 1 }, (_, index) => start + index);
  const bounds = (value: (ledger: number) => string): { nulls: number; min: string; max: string } => ({
    nulls: 0,
    min: value(start),
    max: value(end),
  });
  return {
    localPath,
    folder: layoutFolder({ kind: 'ledger_day' }, start, closeTime(start)),
    range: { start, end },
    lastCloseTimeMicros: closeTime(end) + 123,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    rows: ledgers.length,
    columns: {
      ledger_sequence: bounds(String),
      closed_at: bounds((ledger) => String(closeTime(ledger) + 123)),
      i32: { nulls: 0, min: String(-end), max: String(-start) },
      i64: {
        nulls: 0,
        min: String(9223372036854775807n - BigInt(end)),
        max: String(9223372036854775807n - BigInt(start)),
      },
      u64: {
        nulls: 0,
        min: String(18446744073709551615n - BigInt(end)),
        max: String(18446744073709551615n - BigInt(start)),
      },
      f64: { nulls: 0 },
      dec: { nulls: 0 },
      text: { nulls: ledgers.filter((ledger) => ledger % 3 === 0).length },
      flag: { nulls: 0 },
      tags: { nulls: 0 },
      pair: { nulls: 0 },
    },
    reason: 'range_end',
  };
}

/** A checkpoint writer like the one of the writer library: `read_json` with the given columns, COPY to Parquet. */
export const duckCheckpointWriter: CheckpointWriter = {
  async write(rows, localFile) {
    const source = `${localFile}.ndjson`;
    await writeFile(source, [...rows.lines()].map((line) => `${line}\n`).join(''));
    const columns = Object.entries(rows.columns).map(([name, type]) => `${name}: '${type}'`);
    await runDuck(
      `COPY (SELECT * FROM read_json('${source}', format = 'newline_delimited', columns = {${columns.join(', ')}}))
       TO '${localFile}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rows.rowGroupRows})`,
    );
  },
};
