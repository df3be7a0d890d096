import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS, type WriteSettings } from '@parquetry/core';
import { type Writer, openWriter } from '..';
import { SCHEMA, registered, sampleRow, stageRows, type StagedRow } from '../testing/stage';

let dir: string;
let writer: Writer;
let stages = 0;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-lanes-'));
  writer = await openWriter({ memoryLimit: '512MB', threads: 2, tempDir: path.join(dir, 'spill') });
});

afterAll(async () => {
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

type Stage = Awaited<ReturnType<typeof stageRows>>;

async function stage(rows: readonly StagedRow[]): Promise<Stage> {
  const folder = path.join(dir, String((stages += 1)));
  await mkdir(folder);
  return stageRows(folder, SCHEMA, rows);
}

async function sums(
  { rowsFile, staged }: Stage,
  settings: Partial<WriteSettings> = {},
  using = writer,
  out = 'out',
): Promise<unknown[]> {
  const ledgers = staged.ledgers.map(({ ledger }) => ledger);
  const files = await using.writeDataset({
    rowsFile,
    staged,
    range: { start: ledgers[0] ?? 1, end: ledgers.at(-1) ?? 1 },
    schema: registered(SCHEMA),
    settings: { ...DEFAULT_WRITE_SETTINGS, ...settings },
    outDir: path.join(path.dirname(rowsFile), out),
  });
  return files.map(({ name, rows, sha256, columns }) => [name, rows, sha256, columns]);
}

describe('a stage of record batches', () => {
  const rows = Array.from({ length: 6000 }, (_, index) => sampleRow(1 + index));

  it('gives the same bytes on any threads, and whether it lies in order or is sorted', async () => {
    // More than 32 MB, 9 kB a row in the middle: several row groups, parts that begin anywhere in a vector.
    const wide = Array.from({ length: 14_000 }, (_, index): StagedRow => {
      const length = index > 6000 && index < 9000 ? 9000 : 900;
      return { ...sampleRow(1 + index), rowid: `row ${index} ${'w'.repeat(length)}` };
    });
    // Ledgers are cut nowhere: the order of the rows inside each must stay.
    const [sorted, unsorted] = [
      await stage(wide),
      await stage([...wide.slice(6999), ...wide.slice(0, 6999)]),
    ];
    expect(sorted.staged.parts.length).toBeGreaterThan(2);
    expect(sorted.staged.bytes).toBeGreaterThan(32 << 20);
    expect([sorted.staged.sorted, unsorted.staged.sorted]).toEqual([true, false]);
    for (const settings of [{}, { maxRowsPerFile: 3001 }, { maxFileBytes: 400_000 }]) {
      // On 2 threads, at once.
      const [expected, loaded] = await Promise.all([sums(sorted, settings), sums(unsorted, settings)]);
      expect(loaded).toEqual(expected);
      // One file is enough for the others.
      for (const threads of Object.keys(settings).length === 0 ? [1, 4] : []) {
        const other = await openWriter({ memoryLimit: `${300 * threads}MB`, threads });
        const calls = [sorted, unsorted, sorted, unsorted].map((input, index) =>
          sums(input, settings, other, `out-${index}`),
        );
        expect(await Promise.all(calls)).toEqual(calls.map(() => expected));
        await other.close();
      }
    }
  }, 240_000);

  it('that is gone, of another size or damaged fails, and leaves no file', async () => {
    const input = await stage(rows);
    const out = path.join(path.dirname(input.rowsFile), 'out');
    const whole = await readFile(input.rowsFile);
    const zero = (from: number, to: number) =>
      Buffer.concat([whole.subarray(0, from), Buffer.alloc(to - from, 0xff), whole.subarray(to)]);
    for (let at = 0; at + 4096 < whole.length; at += Math.ceil(whole.length / 12)) {
      await writeFile(input.rowsFile, zero(at, at + 4096));
      // Never a crash; what is no damage to the structure is found by the verify step.
      const failed = await sums(input).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failed !== undefined)
        expect(['WRITE_FAILED', 'STAGE_LOST']).toContain((failed as { code?: string }).code);
      if (failed !== undefined) expect(await readdir(out)).toEqual([]);
      await rm(out, { recursive: true, force: true });
    }
    await writeFile(input.rowsFile, whole.subarray(0, 5000));
    await expect(sums(input)).rejects.toMatchObject({ code: 'STAGE_LOST' });
    await rm(input.rowsFile);
    await expect(sums(input)).rejects.toMatchObject({ code: 'STAGE_LOST' });
    await writeFile(input.rowsFile, whole);
    expect((await sums(input)).length).toBe(1);
  }, 120_000);

  it('is given up within a second when the write is cancelled, and the event loop stays free', async () => {
    // At the slowest level: many times what the second below allows, on any machine.
    const many = Array.from({ length: 60_000 }, (_, index): StagedRow => {
      const text = String((index * 2654435761) % 4294967296);
      return { ...sampleRow(1 + index), rowid: text.repeat(60) };
    });
    const { rowsFile, staged } = await stage(many);
    const outDir = path.join(path.dirname(rowsFile), 'out');
    const controller = new AbortController();
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    let cancelled = 0;
    setTimeout(() => {
      cancelled = performance.now();
      controller.abort();
    }, 300);
    const writing = writer.writeDataset({
      rowsFile,
      staged,
      range: { start: 420_000, end: 430_000 },
      schema: registered(SCHEMA),
      settings: { ...DEFAULT_WRITE_SETTINGS, compression: 'zstd', compressionLevel: 22 },
      outDir,
      signal: controller.signal,
    });
    await expect(writing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - cancelled).toBeLessThan(1000);
    clearInterval(beat);
    expect(longest).toBeLessThan(500);
    expect((await readdir(outDir)).filter((name) => !name.startsWith('.work-'))).toEqual([]);
    expect((await sums(await stage(rows))).length).toBe(1);
  }, 120_000);
});
