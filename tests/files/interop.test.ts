import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CODECS, DEFAULT_WRITE_SETTINGS } from '@parquetry/core';
import { openWriter } from '@parquetry/writer';
import { SCHEMA, registered, sampleRow, stageRows } from '../../libs/writer/src/testing/stage';

const python = process.env['PARQUETRY_PYTHON'];
const test = python === undefined ? it.skip : it;
const skipped =
  python === undefined ? ' (skipped: PARQUETRY_PYTHON names no python with pyarrow and polars)' : '';

interface Reading {
  readonly fields: { name: string; type: string; id: number }[];
  readonly metadata: Record<string, string>;
  readonly rows: unknown[][];
  readonly polars: Record<string, string>;
  readonly polarsRows: unknown[][];
}

const rows = Array.from({ length: 400 }, (_, index) => sampleRow(index));

/** The staged values in the form of interop.py. */
const expectedRows = rows.map((row) =>
  SCHEMA.fields.map(({ name, type }) => {
    const value = row[name];
    if (type.type === 'timestamp') return String(value).replace('Z', '+00:00');
    if (name === 'fee') return Number(value).toFixed(2);
    return JSON.parse(
      JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
    ) as unknown;
  }),
);

describe('a written file in other readers', () => {
  for (const compression of CODECS)
    test(`has the same types and values in pyarrow and polars, ${compression}${skipped}`, async () => {
      const dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-interop-'));
      const writer = await openWriter({ threads: 2 });
      try {
        const { rowsFile, staged } = await stageRows(dir, SCHEMA, rows);
        const [file] = await writer.writeDataset({
          rowsFile,
          staged,
          range: { start: 420_000, end: 420_099 },
          schema: registered(SCHEMA),
          settings: { ...DEFAULT_WRITE_SETTINGS, compression },
          outDir: path.join(dir, 'out'),
        });
        const script = path.join(__dirname, 'interop.py');
        const text = execFileSync(String(python), [script, String(file?.path)], {
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        });
        const reading = JSON.parse(text) as Reading;
        expect(reading.fields.map(({ name, type }) => [name, type])).toEqual([
          ['ledger_sequence', 'uint32'],
          ['closed_at', 'timestamp[us, tz=UTC]'],
          ['contract_id', 'string'],
          ['balance', 'decimal128(20, 0)'],
          ['delta', 'int64'],
          ['change', 'int32'],
          ['deleted', 'bool'],
          ['price', 'double'],
          ['amount', 'decimal128(38, 7)'],
          ['fee', 'decimal128(9, 2)'],
          ['val_decoded', 'string'],
          ['topics', 'list<element: string>'],
          ['data', "struct<seq: decimal128(20, 0), parts: list<element: struct<it's: string>>>"],
          ['rowid', 'string'],
        ]);
        expect(reading.fields.map(({ id }) => id)).toEqual(SCHEMA.fields.map(({ id }) => id));
        expect(reading.metadata).toMatchObject({
          'parquetry.dataset': 'everything',
          'parquetry.range': '420000-420099',
          'parquetry.schema_version': '1',
        });
        expect(reading.rows).toEqual(expectedRows);
        expect(reading.polars).toMatchObject({
          ledger_sequence: 'UInt32',
          closed_at: "Datetime(time_unit='us', time_zone='UTC')",
          balance: 'Decimal(precision=20, scale=0)',
          amount: 'Decimal(precision=38, scale=7)',
          topics: 'List(String)',
        });
        expect(reading.polarsRows).toEqual(expectedRows);
      } finally {
        await writer.close();
        await rm(dir, { recursive: true, force: true });
      }
    });
});
