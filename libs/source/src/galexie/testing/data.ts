import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { decompress } from '@mongodb-js/zstd';
import { type LedgerRange, type StageManifest, partName } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { openGalexieSource } from '../source';
import { type Lossless, parseLossless } from './lossless';
import { stagedRows } from './rows';

/** Folder of the public test data; it may not exist. */
export const DATA =
  process.env['PARQUETRY_TEST_DATA'] ?? path.resolve(__dirname, '../../../../../../shared/data');

/** Whether the test data exists, and a suffix for test names if not. */
export const hasData = existsSync(path.join(DATA, 'lakes'));
export const SKIPPED = hasData ? '' : ' (skipped: no test data, set PARQUETRY_TEST_DATA)';

/** Rows of a golden file, numbers as text; empty when the file does not exist or has one empty line. */
export async function golden(range: string, type: string): Promise<Record<string, Lossless>[]> {
  const file = path.join(DATA, 'goldens', range, `${type}.ndjson.zst`);
  if (!existsSync(file)) return [];
  return lines((await decompress(readFileSync(file))).toString('utf8'));
}

/** Parses non-empty NDJSON lines, numbers as text. */
function lines(text: string): Record<string, Lossless>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseLossless(line) as Record<string, Lossless>);
}

/** The result of a pull; its folder is removed afterwards. */
export interface Pulled {
  readonly manifest: StageManifest;
  readonly rows: ReadonlyMap<string, Record<string, Lossless>[]>;
  /** sha256 of the staged parts, by dataset. */
  readonly raw: ReadonlyMap<string, readonly string[]>;
}

/** Prepares and pulls a range of a lake and reads the stage back. */
export async function pullLake(lake: string, range: LedgerRange, types?: readonly string[]): Promise<Pulled> {
  const work = await mkdtemp(path.join(os.tmpdir(), 'parquetry-galexie-'));
  try {
    const source = await openGalexieSource(lake);
    const index = await source.prepare({ range, workDir: work, ...(types === undefined ? {} : { types }) });
    const manifest = await source.pull({
      stageId: 'test',
      range,
      datasets: index.datasets,
      index: JSON.parse(JSON.stringify(index)) as typeof index,
      stageDir: work,
      spoolDir: work,
    });
    const raw = new Map<string, string[]>();
    const rows = new Map<string, Record<string, Lossless>[]>();
    for (const { dataset, parts } of manifest.datasets) {
      const schema = index.datasets.find((entry) => entry.dataset === dataset)?.schema as TableSchema;
      const files = await Promise.all(
        parts.map((_, part) => readFile(path.join(work, partName(dataset, part)))),
      );
      raw.set(
        dataset,
        files.map((file) => createHash('sha256').update(file).digest('hex')),
      );
      rows.set(dataset, await stagedRows(work, schema, dataset));
    }
    return { manifest, raw, rows };
  } finally {
    await rm(work, { recursive: true });
  }
}
