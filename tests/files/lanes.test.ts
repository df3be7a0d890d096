import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  CODECS,
  DEFAULT_WRITE_SETTINGS,
  type StagedDataset,
  type WriteSettings,
  partName,
} from '@parquetry/core';
import { type TableSchema, portableSchema } from '@parquetry/schema';
import { DatasetStage, type SourceIndex, openGalexieSource } from '@parquetry/source';
import { stellarSchemas } from '@parquetry/stellar';
import { type Writer, openWriter } from '@parquetry/writer';
import { batchRows, rowLine } from '../../libs/source/src/galexie/testing/batches';
import { DATA, SKIPPED, hasData } from '../../libs/source/src/galexie/testing/data';
import { registered } from '../../libs/writer/src/testing/stage';

const RANGE = { start: 63092984, end: 63092988 };
const test = hasData ? it : it.skip;
let dir: string;
let writer: Writer;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-lanes-'));
  writer = await openWriter({ memoryLimit: '512MB', threads: 2, tempDir: path.join(dir, 'spill') });
});

afterAll(async () => {
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

interface Staged {
  readonly stageDir: string;
  readonly staged: StagedDataset;
  readonly schema: TableSchema;
}

/** What a pull of real ledgers stages: record batches. */
async function pulled(style: (schema: TableSchema) => TableSchema): Promise<Staged[]> {
  const stageDir = await mkdtemp(path.join(dir, 'batches-'));
  const source = await openGalexieSource(path.join(DATA, 'lakes/pubnet-1x64000'));
  const found = await source.prepare({ range: RANGE, workDir: stageDir });
  const datasets = found.datasets.map(({ dataset, schema }) => ({ dataset, schema: style(schema) }));
  const index: SourceIndex = { ...found, datasets };
  const manifest = await source.pull({
    stageId: 'a',
    range: RANGE,
    datasets,
    index,
    stageDir,
    spoolDir: stageDir,
  });
  return manifest.datasets.map((staged, at) => ({
    stageDir,
    staged,
    schema: datasets[at]?.schema as TableSchema,
  }));
}

/** The same rows as lines of text, read from the batches by other code. */
async function asText({ stageDir, staged, schema }: Staged): Promise<Staged> {
  const textDir = await mkdtemp(path.join(dir, 'text-'));
  const stage = new DatasetStage(textDir, schema, staged.dataset);
  for (const part of (staged.parts ?? []).keys()) {
    const file = path.join(stageDir, partName(staged.dataset, part, staged.form));
    for (const row of batchRows(schema, await readFile(file))) {
      const ledger = Number(String(row[schema.ledgerColumn]).slice(1));
      stage.appendRow(ledger, Date.parse(String(row[schema.closeTimeColumn])) * 1000, rowLine(schema, row));
    }
    await stage.drain();
  }
  return { stageDir: textDir, staged: await stage.finish(), schema };
}

async function sums(
  { stageDir, staged, schema }: Staged,
  settings: Partial<WriteSettings>,
): Promise<string[]> {
  const outDir = path.join(stageDir, 'out', staged.dataset);
  await mkdir(outDir, { recursive: true });
  const files = await writer.writeDataset({
    rowsFile: path.join(stageDir, partName(staged.dataset, 0, staged.form)),
    staged,
    range: RANGE,
    schema: registered(schema),
    settings: { ...DEFAULT_WRITE_SETTINGS, ...settings },
    outDir,
  });
  return files.map(({ name, rows, sha256 }) => `${name} ${rows} ${sha256}`);
}

describe(`the two lanes of decoded ledgers${SKIPPED}`, () => {
  test('are the same files, for all known types, on every codec, in one file or several', async () => {
    const batches = await pulled((schema) => schema);
    expect(batches.map(({ schema }) => schema.messageType)).toEqual([...stellarSchemas.keys()]);
    for (const one of batches) {
      expect(one.staged).toMatchObject({ form: 'arrow', sorted: true });
      const text = await asText(one);
      expect(text.staged.form).toBeUndefined();
      // The measure that decides about probes and cuts.
      expect(text.staged.bytes).toBe(one.staged.bytes);
      expect(text.staged.ledgers).toEqual(one.staged.ledgers);
      for (const compression of CODECS)
        expect(await sums(one, { compression })).toEqual(await sums(text, { compression }));
      const several = await sums(one, { maxRowsPerFile: 700 });
      expect(several.length).toBeGreaterThan(one.staged.rows > 700 ? 1 : 0);
      expect(several).toEqual(await sums(text, { maxRowsPerFile: 700 }));
      const sortBy = one.schema.messageType === 'contract_events' ? ['contract_id'] : ['closed_at'];
      expect(await sums(one, { sortBy })).toEqual(await sums(text, { sortBy }));
      const bySize = { maxFileBytes: Math.ceil(one.staged.bytes / 20) };
      expect(await sums(one, bySize)).toEqual(await sums(text, bySize));
    }
  }, 180_000);

  test('are the same files with signed integers', async () => {
    for (const one of await pulled(portableSchema)) {
      const files = await sums(one, { compression: 'zstd' });
      expect(files).toEqual(await sums(await asText(one), { compression: 'zstd' }));
    }
  }, 60_000);
});
