import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { DEFAULT_WRITE_SETTINGS } from '@parquetry/core';
import { type TableSchema, quoteText } from '@parquetry/schema';
import type { WrittenFile } from './cut';
import { SCHEMA, registered, sampleRow, stageRows, type StagedRow } from './testing/stage';
import { type Writer, openWriter } from './writer';

const ROWS = 5000;
const RANGE = { start: 420_000, end: 420_099 };
/** Floats at the top, in a list, and in a struct in a list in a struct. */
const FLOATS: TableSchema = {
  ...SCHEMA,
  fields: [
    ...SCHEMA.fields.filter(({ name }) =>
      ['ledger_sequence', 'closed_at', 'contract_id', 'price'].includes(name),
    ),
    {
      id: 30,
      name: 'levels',
      type: { type: 'list', items: { id: 31, name: 'element', type: { type: 'float64' }, nullable: true } },
      nullable: true,
    },
    {
      id: 32,
      name: 'book',
      type: {
        type: 'struct',
        fields: [
          {
            id: 33,
            name: "bid's",
            type: {
              type: 'list',
              items: {
                id: 34,
                name: 'element',
                type: {
                  type: 'struct',
                  fields: [{ id: 35, name: 'at', type: { type: 'float64' }, nullable: true }],
                },
                nullable: true,
              },
            },
            nullable: true,
          },
        ],
      },
      nullable: true,
    },
  ],
};
let dir: string;
let writer: Writer;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-compact-'));
  writer = await openWriter({ memoryLimit: '512MB', threads: 1, tempDir: path.join(dir, 'spill') });
});

afterAll(async () => {
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

const row = (index: number): StagedRow => ({
  ...sampleRow(index),
  price: index % 7,
  levels: index % 5 === 0 ? null : [index % 3, null, 0],
  book:
    index % 6 === 0 ? null : { "bid's": index % 4 === 0 ? null : [{ at: index % 9 }, null, { at: null }] },
});

/** Writes the rows as one file for each half, and merges these. */
async function merged(rows: readonly StagedRow[], negativeZeros: boolean): Promise<WrittenFile> {
  const folder = await mkdtemp(path.join(dir, 'stage-'));
  const { rowsFile, staged } = await stageRows(folder, FLOATS, rows);
  const common = { range: RANGE, schema: registered(FLOATS) };
  const old = await writer.writeDataset({
    ...common,
    rowsFile,
    staged: negativeZeros ? { ...staged, negativeZeros } : staged,
    settings: { ...DEFAULT_WRITE_SETTINGS, maxRowsPerFile: ROWS / 2 },
    outDir: path.join(folder, 'old'),
  });
  expect(old).toHaveLength(2);
  const { files } = await writer.mergeFiles({
    ...common,
    dataset: FLOATS.messageType,
    files: old.map((file) => file.path),
    bytes: old.reduce((sum, file) => sum + file.size, 0),
    settings: DEFAULT_WRITE_SETTINGS,
    outDir: path.join(folder, 'new'),
  });
  expect(files.map((file) => file.rows)).toEqual([ROWS]);
  return files[0] as WrittenFile;
}

async function ask(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Column chunks with a dictionary, which are those with a bloom filter. */
const dictionaries = async ({ path: file }: WrittenFile): Promise<unknown[]> =>
  (
    await ask(
      `SELECT path_in_schema FROM parquet_metadata(${quoteText(file)}) WHERE bloom_filter_offset IS NOT NULL ORDER BY 1`,
    )
  ).flat();

describe('mergeFiles', () => {
  it('keeps dictionaries and bloom filters of a table with floats', async () => {
    const found = await dictionaries(
      await merged(
        Array.from({ length: ROWS }, (_, index) => row(index)),
        false,
      ),
    );
    expect(found).toEqual(expect.arrayContaining(['contract_id', 'price']));
  });

  const signs: Record<string, string> = {
    price: 'signbit(price)',
    levels: 'list_bool_or(list_transform(levels, lambda x: signbit(x)))',
    book: `list_bool_or(list_transform(book."bid's", lambda x: signbit(x.at)))`,
  };
  it.each([
    ['price', -0],
    ['levels', [1, null, -0]],
    ['book', { "bid's": [null, { at: 1 }, { at: -0 }] }],
  ])('writes none if one value in %s is a negative zero, which is kept', async (name, value) => {
    const rows = Array.from({ length: ROWS }, (_, index) =>
      index === 4321 ? { ...row(index), [name]: value } : row(index),
    );
    const file = await merged(rows, true);
    expect(await dictionaries(file)).toEqual([]);
    const found = await ask(
      `SELECT ledger_sequence, count(*)::INT FROM read_parquet(${quoteText(file.path)}) WHERE ${signs[name]} GROUP BY 1`,
    );
    expect(found).toEqual([[420_086, 1]]);
  });
});
