import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS, isParquetryError } from '@parquetry/core';
import { writeFailure } from './failure';
import { SCHEMA, registered, sampleRow, stageRows } from './testing/stage';
import { openWriter } from './writer';

describe('writeFailure', () => {
  it.each([
    ['IO Error: Could not write file "x": No space left on device', 'STAGE_FULL'],
    ['Out of Memory Error: failed to offload data block … max_temp_directory_size', 'STAGE_FULL'],
    ['Invalid Input Error: JSON transform error in file "x", in line 1\nmore', 'WRITE_FAILED'],
  ])('%s is %s', (text, code) => {
    const error = writeFailure(new Error(text), 'write it', { file: 'f' });
    expect(error).toMatchObject({ code, details: { file: 'f', reason: text.split('\n')[0] } });
  });

  it('says what to do when DuckDB has too little memory', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-memory-'));
    const writer = await openWriter({ memoryLimit: '5MB', threads: 2, tempDir: dir });
    try {
      const rows = Array.from({ length: 3000 }, (_, index) => sampleRow(index));
      const failed: unknown = await writer
        .writeDataset({
          ...(await stageRows(dir, SCHEMA, rows)),
          range: { start: 420_000, end: 420_999 },
          schema: registered(SCHEMA),
          settings: DEFAULT_WRITE_SETTINGS,
          outDir: path.join(dir, 'out'),
        })
        .catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 'WRITE_FAILED' });
      expect(isParquetryError(failed) && failed.hint).toContain('more memory');
    } finally {
      await writer.close();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
