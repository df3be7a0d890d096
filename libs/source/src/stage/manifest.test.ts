import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StagedDataset, StageManifest } from '@parquetry/core';
import { readManifest, readRowHashes, ROW_HASHES_FILE, writeManifest } from './manifest';

const manifest = (stageId: string): StageManifest => ({
  stageId,
  range: { start: 1, end: 2 },
  datasets: [],
  bytesRead: 0,
  proof: { kind: 'declared' },
});

describe('the manifest of a stage', () => {
  it('is parsed once while its file is the same, and is lost with its file', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'parquetry-manifest-'));
    try {
      await writeManifest(dir, manifest('one'));
      const first = await readManifest(dir);
      expect(first).toEqual(manifest('one'));
      expect(await readManifest(dir)).toBe(first);
      await writeManifest(dir, manifest('two'));
      expect(await readManifest(dir)).toEqual(manifest('two'));
      await rm(path.join(dir, 'manifest.json'));
      await expect(readManifest(dir)).rejects.toMatchObject({ code: 'STAGE_LOST' });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('leaves row hashes to a file of their own, and is lost without it', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'parquetry-manifest-'));
    const staged = (dataset: string, count: number, byte?: number): StagedDataset => ({
      ...({
        dataset,
        rows: count,
        rejected: 0,
        messages: count,
        sorted: true,
        bytes: 0,
        columns: {},
      } as const),
      ...{ parts: [], partRows: [], rejectedLedgers: [], contentHash: '' },
      ledgers: Array.from({ length: count }, (_, at) => ({
        ...{ ledger: at + 1, rows: 1, closeTimeMicros: 0, lastCloseTimeMicros: 0 },
      })),
      ...(byte === undefined ? {} : { rowHashes: Buffer.alloc(count * 32, byte).toString('base64') }),
    });
    const datasets = [staged('a', 3, 1), staged('b', 2), staged('c', 0, 0), staged('d', 4, 2)];
    try {
      await writeManifest(dir, { ...manifest('one'), datasets });
      const read = (await readManifest(dir)).datasets;
      expect(read.map(({ rowHashes }) => rowHashes)).toEqual([undefined, undefined, undefined, undefined]);
      const hashes = await Promise.all(read.map((each) => readRowHashes(dir, each)));
      expect(hashes).toEqual(datasets.map(({ rowHashes }) => rowHashes));
      await truncate(path.join(dir, ROW_HASHES_FILE), 100);
      await expect(readRowHashes(dir, read[3] as StagedDataset)).rejects.toMatchObject({
        code: 'STAGE_LOST',
      });
      await rm(path.join(dir, ROW_HASHES_FILE));
      await expect(readRowHashes(dir, read[0] as StagedDataset)).rejects.toMatchObject({
        code: 'STAGE_LOST',
      });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
