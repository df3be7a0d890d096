import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StageManifest } from '@parquetry/core';
import { readManifest, writeManifest } from './manifest';

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
});
