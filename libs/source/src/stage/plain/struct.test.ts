import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type TableSchema, duckdbCast } from '@parquetry/schema';
import type { RowValue } from '@parquetry/stellar';
import fc from 'fast-check';
import { structKeeper } from '../rows/struct';
import { writePart } from './part';
import { StructColumn } from './struct';

const NAMES = ['text', 'amount', 'flag', 'list', 'never'] as const;
const TYPES = [
  { type: 'utf8' },
  { type: 'decimal128', precision: 19, scale: 7 },
  { type: 'bool' },
  { type: 'list', items: { id: 20, name: 'element', type: { type: 'utf8' }, nullable: true } },
  { type: 'int64' },
] as const;
const STRUCT = {
  type: 'struct' as const,
  fields: NAMES.map((name, index) => ({
    id: index + 10,
    name,
    type: TYPES[index] as (typeof TYPES)[number],
    nullable: true,
  })),
};
const SCHEMA: TableSchema = {
  messageType: 'a',
  origin: 'inferred',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  fields: [{ id: 1, name: 'details', type: STRUCT, nullable: true }],
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parquetry-struct-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 2 });
const details = fc.record({
  text: maybe(fc.constantFrom('', 'null', '"\\\n', 'é😀')),
  amount: maybe(fc.bigInt({ min: -(10n ** 19n) + 1n, max: 10n ** 19n - 1n })),
  flag: maybe(fc.boolean()),
  list: maybe(fc.array(maybe(fc.constantFrom('a, b', '[', '', 'NULL')), { maxLength: 3 })),
});
type Row = typeof details extends fc.Arbitrary<infer T> ? T | null : never;

/** A row as JSON with exact digits, as the query below has it. */
function shown(row: Row): string | null {
  if (row === null) return null;
  const sign = row.amount !== null && row.amount < 0n ? '-' : '';
  const digits = String(row.amount ?? 0n)
    .replace('-', '')
    .padStart(8, '0');
  const amount = row.amount === null ? null : `${sign}${digits.slice(0, -7)}.${digits.slice(-7)}`;
  return JSON.stringify({ ...row, amount, never: null });
}

/** The struct as staged JSON text with every member, whose bytes are counted. */
function textBytes(row: Row): number {
  if (row === null) return 0;
  const amount = shown(row)?.match(/"amount":("[^"]*"|null)/)?.[1] as string;
  // Staged decimals have no zeros at the end of their fraction.
  const plain = amount.replace(/\.?0+"$/, '"');
  return 4 + Buffer.byteLength((shown(row) as string).replace(`"amount":${amount}`, `"amount":${plain}`));
}

describe('StructColumn', () => {
  it('stages null structs, structs of nulls and members with values as DuckDB reads them', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    let written = 0;
    const keepAll = (column: StructColumn, rows: readonly Row[]): void => {
      const keep = structKeeper(column, 'details', () => undefined);
      for (const row of rows)
        if (row === null) column.keepNull();
        else keep(row as RowValue);
    };
    const query = `SELECT CASE WHEN d IS NULL THEN NULL ELSE to_json(struct_pack(text := d.text,
      amount := d.amount::VARCHAR, flag := d.flag, list := d.list, never := d.never))::VARCHAR END`;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(maybe(details), { minLength: 1, maxLength: 70 }), async (rows) => {
          const column = new StructColumn(STRUCT);
          // What was in the column before leaves nothing behind.
          keepAll(column, [...rows, null, ...rows].reverse());
          column.clear();
          keepAll(column, rows);
          expect(column.nulls).toBe(rows.filter((row) => row === null).length);
          expect(column.plainBytes).toBe(rows.reduce((sum, row) => sum + textBytes(row), 0));
          const file = path.join(folder, `part.${(written += 1)}.parquet`);
          writePart(file, SCHEMA, [column], rows.length, { typed: true });
          const found = await connection.runAndReadAll(
            `${query} FROM (SELECT ${duckdbCast('c0', STRUCT, true)} AS d FROM read_parquet('${file}'))`,
          );
          expect(found.getRows().map(([value]) => value)).toEqual(rows.map(shown));
        }),
        { numRuns: 100 },
      );
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }, 120_000);

  it('takes no room for members without values', () => {
    const size = (rows: number): number => {
      const column = new StructColumn(STRUCT);
      for (let row = 0; row < rows; row += 1) structKeeper(column, 'details', () => undefined)({});
      return writePart(path.join(folder, `${rows}`), SCHEMA, [column], rows);
    };
    expect(size(4000) - size(100)).toBeLessThan(32);
  });
});
