import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MAX_LEDGER, partName } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { openNdjsonSource } from '@parquetry/source';
import { verifyDataset } from '@parquetry/verify';
import { type Writer, openWriter } from '@parquetry/writer';
import fc from 'fast-check';
import { type TextRow, messageLines, unusualRows, tables } from '../../libs/source/src/ndjson/testing/tables';
import { DuckReader } from './readers';

const RANGE = { start: 1, end: MAX_LEDGER };

let dir: string;
let writer: Writer;
let duck: DuckReader;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parquetry-written-'));
  writer = await openWriter({ memoryLimit: '1GB', threads: 1, tempDir: path.join(dir, 'duckdb') });
  duck = await DuckReader.open();
});
afterAll(async () => {
  duck.close();
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

let runs = 0;

/**
 * Writes messages as the pipeline does and reads the files back twice: verification with the second reader, every value
 * against what was staged, and DuckDB, every value against the messages.
 */
async function throughFiles(rows: readonly TextRow[]): Promise<number> {
  const work = path.join(dir, String((runs += 1)));
  const stageDir = path.join(work, 'stage');
  await mkdir(stageDir, { recursive: true });
  const lines = messageLines(rows);
  await writeFile(path.join(work, 'in.ndjson'), lines.map((line) => `${line}\n`).join(''));
  const source = await openNdjsonSource(path.join(work, 'in.ndjson'), { schemas: new Map() });
  const index = await source.prepare({ range: RANGE, workDir: work });
  const { datasets } = index;
  const pulled = await source.pull({ stageId: 's', range: RANGE, datasets, index, stageDir, spoolDir: work });
  const [staged, entry] = [pulled.datasets[0]!, datasets[0]!];
  expect(staged).toMatchObject({ rows: rows.length, rejected: 0 });
  const schema: RegisteredSchema = {
    subject: 't',
    version: 1,
    fingerprint: '0'.repeat(64),
    schema: entry.schema,
  };
  const written = await writer.writeDataset({
    rowsFile: path.join(stageDir, partName('t', 0)),
    staged,
    range: RANGE,
    schema,
    settings: { compression: 'zstd', layout: { kind: 'ledger_range', width: MAX_LEDGER } },
    outDir: path.join(work, 'out'),
  });
  await verifyDataset({ files: written, staged, schema, range: RANGE, codec: 'zstd', level: 'full' });
  const files = written.map((file) => file.path);
  const bytes = lines.map((line) => Buffer.from(line));
  expect(await duck.faults(entry.schema, files, bytes)).toEqual([]);
  await rm(work, { recursive: true });
  return entry.schema.fields.length;
}

describe('values in the written file', () => {
  it('are exact for a table of unusual values', async () => {
    expect(await throughFiles(unusualRows())).toBe(23);
  });

  it('are exact for any table', async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (rows) => {
        await throughFiles(rows);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
