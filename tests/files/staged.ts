import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS, type StagedDataset, type WriteSettings, partName } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { openNdjsonSource } from '@parquetry/source';
import { type Writer, openWriter } from '@parquetry/writer';
import { registered } from '../../libs/writer/src/testing/stage';

/** A folder and a writer for the tests of one file. */
export interface Bench {
  readonly dir: string;
  readonly writer: Writer;
}

/** Opens a folder and a writer before the tests of the file that calls it, and removes them afterwards. */
export function useBench(): () => Bench {
  let bench: Bench | undefined;
  beforeAll(async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-bytes-'));
    const tempDir = path.join(dir, 'spill');
    bench = { dir, writer: await openWriter({ memoryLimit: '512MB', threads: 2, tempDir }) };
  });
  afterAll(async () => {
    await bench?.writer.close();
    if (bench !== undefined) await rm(bench.dir, { recursive: true, force: true });
  });
  return () => bench as Bench;
}

/** A staged dataset and its folder. */
export interface Staged {
  readonly stageDir: string;
  readonly staged: StagedDataset;
  readonly schema: TableSchema;
}

/** What a pull of messages of a known schema stages: plain Parquet pages. Each line is one message. */
export async function pullMessages(
  dir: string,
  schema: TableSchema,
  lines: readonly string[],
): Promise<Staged> {
  const stageDir = await mkdtemp(path.join(dir, 'messages-'));
  const spoolDir = path.join(stageDir, 'spool');
  await mkdir(spoolDir);
  const file = path.join(spoolDir, 'in.ndjson');
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const { messageType, ledgerColumn, closeTimeColumn } = schema;
  const keyOf = (column: string): string => schema.fields.find(({ name }) => name === column)?.key ?? column;
  const source = await openNdjsonSource(file, {
    messageType,
    schemas: new Map([[messageType, schema]]),
    ledgerPaths: { [messageType]: keyOf(ledgerColumn) },
    closeTimePaths: { [messageType]: keyOf(closeTimeColumn) },
  });
  const range = { start: 1, end: 99_999_999 };
  const index = await source.prepare({ range, workDir: spoolDir });
  const datasets = [{ dataset: messageType, schema }];
  const manifest = await source.pull({ stageId: 'm', range, datasets, index, stageDir, spoolDir });
  const staged = manifest.datasets[0];
  if (staged === undefined) throw new Error(`nothing of ${messageType} was staged`);
  return { stageDir, staged, schema };
}

/** Writes a staged dataset: name, rows and sha256 of each file. */
export async function sums(
  writer: Writer,
  { stageDir, staged, schema }: Staged,
  settings: Partial<WriteSettings> = {},
): Promise<string[]> {
  const files = await writer.writeDataset({
    rowsFile: path.join(stageDir, partName(staged.dataset, 0)),
    staged,
    range: { start: 1, end: 99_999_999 },
    schema: registered(schema),
    settings: { ...DEFAULT_WRITE_SETTINGS, ...settings },
    outDir: path.join(stageDir, 'out', staged.dataset),
  });
  return files.map(({ name, rows, sha256 }) => `${name} ${rows} ${sha256}`);
}
