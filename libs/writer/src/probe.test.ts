import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { WrittenFile } from './cut';
import { SCHEMA, registered, sampleRow, stageRows, type StagedRow } from './testing/stage';
import { type Writer, openWriter } from './writer';

const MAX_BYTES = 1_000_000;
/** A ledger, a time, few long ids, a price. */
const NARROW: TableSchema = {
  ...SCHEMA,
  fields: SCHEMA.fields.filter(({ name }) =>
    ['ledger_sequence', 'closed_at', 'contract_id', 'price'].includes(name),
  ),
};
let dir: string;
let writer: Writer;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-probe-'));
  writer = await openWriter({ memoryLimit: '512MB', threads: 1, tempDir: path.join(dir, 'spill') });
});

afterAll(async () => {
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

async function written(
  rows: readonly StagedRow[],
  negativeZeros: boolean,
): Promise<Pick<WrittenFile, 'size' | 'reason'>[]> {
  const folder = await mkdtemp(path.join(dir, 'stage-'));
  const stage = await stageRows(folder, NARROW, rows);
  const { negativeZeros: found, ...staged } = stage.staged;
  expect(found === true).toBe(rows.some(({ price }) => Object.is(price, -0)));
  const files = await writer.writeDataset({
    rowsFile: stage.rowsFile,
    staged: negativeZeros ? { ...staged, negativeZeros } : staged,
    range: { start: 420_000, end: 499_999 },
    schema: registered(NARROW),
    settings: { ...DEFAULT_WRITE_SETTINGS, compression: 'none', maxFileBytes: MAX_BYTES },
    outDir: path.join(folder, 'out'),
  });
  expect(files.reduce((sum, file) => sum + file.rows, 0)).toBe(rows.length);
  return files.map(({ size, reason }) => ({ size, reason }));
}

describe('files cut by bytes', () => {
  it('are as large as requested with a negative zero in the partition, for which no file has a dictionary', async () => {
    const rows = Array.from({ length: 60_000 }, (_, index): StagedRow => ({
      ...sampleRow(index),
      price: index % 1000 === 0 ? -0 : (index % 50) + 0.5,
    }));
    // Ids of 56 bytes in each row: several files, where dictionaries would make one of it all.
    const plain = await written(rows, true);
    const cut = plain.filter(({ reason }) => reason === 'bytes');
    expect(cut.length).toBeGreaterThan(2);
    for (const { size } of cut) {
      expect(size).toBeGreaterThan(0.85 * MAX_BYTES);
      expect(size).toBeLessThan(1.1 * MAX_BYTES);
    }
    expect((await written(rows, false)).length).toBeLessThan(plain.length);
  }, 60_000);

  it('have the dictionaries that were measured: of up to half as many values as rows', async () => {
    // 2,500 ids in 8,192 rows of the probe: more than a fifth, fewer than half.
    const rows = Array.from({ length: 65_536 }, (_, index): StagedRow => ({
      ...sampleRow(index),
      contract_id: `C${String((index * 7919) % 2500).padStart(55, 'A')}`,
      price: index % 50,
    }));
    const cut = (await written(rows, false)).filter(({ reason }) => reason === 'bytes');
    // Taken for plain, the same rows would lie in many files of a quarter of what was asked.
    expect(cut.length).toBeGreaterThan(0);
    for (const { size } of cut) {
      expect(size).toBeGreaterThan(0.4 * MAX_BYTES);
      expect(size).toBeLessThan(1.1 * MAX_BYTES);
    }
  }, 60_000);
});
