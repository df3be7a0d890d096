import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import type { LedgerRange, WriteSettings } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { type TableSchema, portableSchema } from '@parquetry/schema';
import { openGalexieSource } from '@parquetry/source';
import { DATA, SKIPPED, hasData } from '../../libs/source/src/galexie/testing/data';
import { type Staged, sums, useBench } from './staged';

/**
 * The files of ledger lakes, byte for byte: `PARQUETRY_RECORD_BYTES=1` records them again. A change of these files is a
 * change of users' archives, so it needs a reason (another DuckDB, another column).
 */
const FILE = path.join(__dirname, 'bytes.json');
const RECORD = process.env['PARQUETRY_RECORD_BYTES'] === '1';
const recorded = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Record<string, string[]>>)
  : {};

const TYPES = ['ledgers', 'transactions', 'contract_data', 'contract_events'];

const bench = useBench();
afterAll(() => {
  if (RECORD) writeFileSync(FILE, `${JSON.stringify(recorded, null, 2)}\n`);
});

async function pulled(
  lake: string,
  range: LedgerRange,
  style: (schema: TableSchema) => TableSchema = (schema) => schema,
): Promise<Staged[]> {
  const stageDir = await mkdtemp(path.join(bench().dir, 'stage-'));
  const source = await openGalexieSource(lake);
  const index = await source.prepare({ range, types: TYPES, workDir: stageDir });
  const datasets = index.datasets.map(({ dataset, schema }) => ({ dataset, schema: style(schema) }));
  const request = { stageId: 'a', range, datasets, index, stageDir, spoolDir: stageDir };
  const manifest = await source.pull(request);
  return manifest.datasets.map((staged, at) => ({
    stageDir,
    staged,
    schema: datasets[at]?.schema as TableSchema,
  }));
}

/** Compares what a pull counted, and the files of each setting, with what was recorded. */
async function check(
  name: string,
  stages: readonly Staged[],
  settings: Readonly<Record<string, Partial<WriteSettings>>>,
): Promise<void> {
  const found: Record<string, string[]> = {};
  for (const one of stages) {
    const { dataset, rows, bytes, contentHash, columns, ledgers } = one.staged;
    const counts = createHash('sha256')
      .update(JSON.stringify([columns, ledgers]))
      .digest('hex');
    found[dataset] = [`${rows} rows, ${bytes} bytes, content ${contentHash}, counts ${counts}`];
    for (const [setting, wanted] of Object.entries(settings))
      for (const file of await sums(bench().writer, one, wanted)) found[dataset].push(`${setting}: ${file}`);
  }
  if (RECORD) recorded[name] = found;
  expect(found).toEqual(recorded[name]);
}

const SETTINGS = {
  snappy: {},
  zstd: { compression: 'zstd' },
  rows: { maxRowsPerFile: 700 },
  bytes: { maxFileBytes: 200_000 },
  sorted: { sortBy: ['transaction_hash', 'contract_id'] },
} as const;

describe('the files of a generated lake', () => {
  it('have the recorded hashes', async () => {
    const lake = await writeSampleLake({ dir: path.join(bench().dir, 'lake'), ledgers: 48 });
    await check('sample', await pulled(lake.dir, lake.ledgers), SETTINGS);
    const signed = await pulled(lake.dir, lake.ledgers, portableSchema);
    await check('sample, signed integers', signed, { snappy: {} });
  }, 180_000);
});

describe(`the files of real ledgers${SKIPPED}`, () => {
  const test = hasData ? it : it.skip;
  const range = { start: 63092982, end: 63092991 };

  test('have the recorded hashes', async () => {
    const lake = path.join(DATA, 'lakes/pubnet-1x64000');
    await check('pubnet', await pulled(lake, range), SETTINGS);
    await check('pubnet, signed integers', await pulled(lake, range, portableSchema), { snappy: {} });
  }, 180_000);
});
