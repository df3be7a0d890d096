import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CODECS, type StagedDataset } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { openNdjsonSource } from '@parquetry/source';
import { openWriter } from '@parquetry/writer';
import { type Staged, sums, useBench } from './staged';

// More than 32 MB staged: streamed when in order, otherwise loaded and sorted.
const ROWS = 36_000;
const RANGE = { start: 1, end: 999 };
const bench = useBench();

const message = (index: number): string =>
  `{"message_type":"thing","ledger_sequence":${1 + Math.floor(index / 40)},"closed_at":"2025-07-13T01:02:03Z",` +
  `"id":"${(index * 2654435761) % 4294967296}","text":"${String(index % 97).repeat(450)}","n":${index}}`;

/** Stages the messages from `count` files; `reversed` files have descending ledgers. */
async function stage(files: number, reversed = false): Promise<Staged> {
  const folder = path.join(bench().dir, `${files}${reversed ? 'r' : ''}`);
  await mkdir(path.join(folder, 'stage'), { recursive: true });
  const each = Math.ceil(ROWS / 40 / files) * 40;
  for (let part = 0; part < files; part += 1) {
    const count = Math.max(0, Math.min(each, ROWS - part * each));
    const lines = Array.from({ length: count }, (_, index) => message(part * each + index));
    const number = String(reversed ? files - part : part).padStart(2, '0');
    await writeFile(path.join(folder, `${number}.ndjson`), lines.map((line) => `${line}\n`).join(''));
  }
  const source = await openNdjsonSource(path.join(folder, '*.ndjson'), { schemas: new Map() });
  const index = await source.prepare({ range: RANGE, workDir: folder });
  const stageDir = path.join(folder, 'stage');
  const asked = { stageId: 'a', range: RANGE, datasets: index.datasets, index, stageDir, spoolDir: folder };
  const manifest = await source.pull(asked);
  return {
    stageDir,
    staged: manifest.datasets[0] as StagedDataset,
    schema: index.datasets[0]?.schema as TableSchema,
  };
}

describe('bytes of a partition (invariant 7)', () => {
  it('are the same from 1, 2 and 7 files and any ledger order, on each codec, one file or several', async () => {
    const inputs = [await stage(1), await stage(2), await stage(7), await stage(7, true)];
    expect(inputs.map(({ staged }) => staged.sorted)).toEqual([true, true, true, false]);
    expect(new Set(inputs.map(({ staged }) => staged.contentHash)).size).toBe(1);
    expect(inputs[0]?.staged.parts?.length).toBeGreaterThan(2);
    const [first, , , reversed] = inputs as [Staged, Staged, Staged, Staged];
    const { writer } = bench();
    // Every codec with a sorted and an unsorted stage; all stages with one codec.
    for (const compression of CODECS) {
      const settings = { compression, maxRowsPerFile: 1_000_000 };
      expect(await sums(writer, first, settings)).toEqual(await sums(writer, reversed, settings));
    }
    const settings = { compression: 'snappy', maxRowsPerFile: 10_001 } as const;
    const several = new Set<string>();
    for (const input of inputs) several.add((await sums(writer, input, settings)).join('\n'));
    expect(several.size).toBe(1);
    expect([...several][0]?.split('\n')).toHaveLength(4);
    for (const threads of [1, 4]) {
      const other = await openWriter({ memoryLimit: '300MB', threads });
      const written = await Promise.all(inputs.map((input) => sums(other, input, settings)));
      await other.close();
      expect(new Set([...written.map((files) => files.join('\n')), ...several]).size).toBe(1);
    }
  }, 240_000);
});
