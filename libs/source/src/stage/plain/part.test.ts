import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { TableSchema } from '@parquetry/schema';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { PlainColumn } from './column';
import { writePart } from './part';

const SCHEMA: TableSchema = {
  messageType: 'a',
  origin: 'inferred',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  fields: [{ id: 1, name: 'text', type: { type: 'utf8' }, nullable: true }],
};

/** A value as the PLAIN encoding has it. */
const plain = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parquetry-part-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Consecutive rows of one form: values, codes or nulls. */
const stretch = fc.record({
  form: fc.constantFrom('values', 'codes', 'nulls'),
  values: fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 30 }),
});

/** Fills a column; returns the rows that it must hold. */
function fill(column: PlainColumn, stretches: readonly { form: string; values: readonly number[] }[]) {
  const rows: (string | null)[] = [];
  const codes = new Map<string, number>();
  for (const { form, values } of stretches) {
    const texts = values.map((value) => `value ${value}`);
    if (form === 'nulls') {
      column.keepNull(texts.length);
      rows.push(...texts.map(() => null));
      continue;
    }
    const bytes = Buffer.concat(texts.map(plain));
    if (form === 'values') {
      column.append(bytes, 0, bytes.length);
      column.keep(texts.length);
    } else {
      const fresh = [...new Set(texts)].filter((text) => !codes.has(text));
      for (const text of fresh) codes.set(text, codes.size);
      const entries = Buffer.concat(fresh.map(plain));
      column.addEntries(entries, 0, entries.length, fresh.length);
      const coded = Uint8Array.from(texts, (text) => codes.get(text) as number);
      column.appendCodes(coded, 0, coded.length, bytes.length);
      column.keep(texts.length, true);
    }
    rows.push(...texts);
  }
  return rows;
}

describe('writePart', () => {
  it('writes values, codes and nulls in any order as DuckDB and hyparquet read them', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    let written = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(stretch, { minLength: 1, maxLength: 12 }), async (stretches) => {
          const column = new PlainColumn('utf8');
          // Earlier content of the column must not remain.
          fill(column, [...stretches].reverse());
          column.clear();
          const rows = fill(column, stretches);
          expect(column.nulls).toBe(rows.filter((row) => row === null).length);
          expect(column.bytes).toBe(rows.reduce((sum, row) => sum + (row === null ? 0 : 4 + row.length), 0));
          // Each part has a unique name, as in a pull, because DuckDB caches files by name.
          const file = path.join(folder, `part.${(written += 1)}.parquet`);
          const size = writePart(file, SCHEMA, [column], rows.length);
          const bytes = await readFile(file);
          expect(bytes).toHaveLength(size);
          const read = await parquetReadObjects({ file: Uint8Array.from(bytes).buffer });
          expect(read.map(({ c0 }) => (c0 as string | undefined) ?? null)).toEqual(rows);
          const found = await connection.runAndReadAll(`SELECT c0 FROM read_parquet('${file}')`);
          expect(found.getRows().map(([value]) => value)).toEqual(rows);
        }),
        { numRuns: 150 },
      );
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }, 120_000);

  it('takes less room for codes than for their values', () => {
    const values = Array.from({ length: 1000 }, (_, row) => row % 7);
    const size = (form: string): number => {
      const column = new PlainColumn('utf8');
      fill(column, [{ form, values }]);
      return writePart(path.join(folder, form), SCHEMA, [column], values.length);
    };
    expect(size('codes') * 5).toBeLessThan(size('values'));
  });
});
