import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CODECS, DEFAULT_WRITE_SETTINGS, type StagedDataset, type WriteSettings } from '@parquetry/core';
import type { DataType, TableSchema } from '@parquetry/schema';
import { type Writer, openWriter } from '..';
import { SCHEMA, registered, sampleRow, stageBatches, stageRows, type StagedRow } from '../testing/stage';

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

async function both(rows: readonly StagedRow[], schema = SCHEMA): Promise<[text: Stage, batches: Stage]> {
  const stage = async (how: typeof stageRows): Promise<Stage> => {
    const folder = path.join(dir, String((stages += 1)));
    await mkdir(folder);
    return how(folder, schema, rows);
  };
  return [await stage(stageRows), await stage(stageBatches)];
}

async function sums(
  { rowsFile, staged }: { rowsFile: string; staged: StagedDataset },
  settings: Partial<WriteSettings> = {},
  using = writer,
  schema = SCHEMA,
): Promise<unknown[]> {
  const ledgers = staged.ledgers.map(({ ledger }) => ledger);
  const files = await using.writeDataset({
    rowsFile,
    staged,
    range: { start: ledgers[0] ?? 1, end: ledgers.at(-1) ?? 1 },
    schema: registered(schema),
    settings: { ...DEFAULT_WRITE_SETTINGS, ...settings },
    outDir: path.join(path.dirname(rowsFile), 'out'),
  });
  return files.map(({ name, rows, sha256, columns }) => [name, rows, sha256, columns]);
}

describe('the lanes of text and of record batches', () => {
  it('give the same bytes for rows of every type, on every codec', async () => {
    const rows = Array.from({ length: 4501 }, (_, index) => sampleRow(1 + index));
    const [text, batches] = await both(rows);
    expect(batches.staged.bytes).toBe(text.staged.bytes);
    expect(batches.staged.parts?.length).toBeGreaterThan(2);
    for (const compression of CODECS)
      expect(await sums(batches, { compression })).toEqual(await sums(text, { compression }));
  }, 120_000);

  it('give the same bytes for hostile values, at every length around what an entry holds', async () => {
    const texts = [
      '',
      '\0',
      'a\0b',
      '\ufeffmark',
      '"\\',
      'é'.repeat(6),
      'é'.repeat(7),
      '😀'.repeat(3),
      '\u2028\u007f\u001f',
    ];
    const lengths = Array.from({ length: 40 }, (_, length) => 'abcdefghij'.repeat(4).slice(0, length));
    const limits = [2n ** 64n - 1n, 0n, 1n, 2n ** 63n, 2n ** 53n + 1n];
    const decimals = [
      '9999999999999999999999999999999.9999999',
      '-9999999999999999999999999999999.9999999',
      '0.0000001',
      '-0.0000001',
      '0',
    ];
    const values = [...texts, ...lengths];
    const rows = Array.from({ length: 5000 }, (_, index): StagedRow => {
      const text = values[index % values.length] as string;
      const size = limits[index % limits.length] as bigint;
      return {
        ...sampleRow(1 + index),
        contract_id: index % 7 === 0 ? null : text,
        balance: size,
        delta: index % 2 === 0 ? -(2n ** 63n) : 2n ** 63n - 1n,
        change: index % 2 === 0 ? -(2n ** 31n) : 2n ** 31n - 1n,
        price: [1e308, -1e-308, 5e-324, 0.1, 0][index % 5],
        amount: decimals[index % decimals.length],
        fee: index % 2 === 0 ? '9999999.99' : '-9999999.99',
        val_decoded: JSON.stringify({ [text]: [text, null, { deep: [[]] }] }),
        topics: [[], [text], [null], [text, null, text], null][index % 5],
        data: [null, {}, { seq: size }, { parts: [] }, { parts: [null, {}, { "it's": text }] }][index % 5],
        rowid: text.repeat(20),
      };
    });
    const [text, batches] = await both(rows);
    expect(batches.staged.bytes).toBe(text.staged.bytes);
    for (const compression of ['zstd', 'none'] as const)
      expect(await sums(batches, { compression })).toEqual(await sums(text, { compression }));
  }, 120_000);

  it('give the same bytes for negative zeros', async () => {
    const rows = Array.from({ length: 4000 }, (_, index): StagedRow => ({
      ...sampleRow(1 + index),
      price: index % 2 === 0 ? 0 : -0,
    }));
    const found = await Promise.all(
      (await both(rows)).map(({ rowsFile, staged }) =>
        sums({ rowsFile, staged: { ...staged, negativeZeros: true } }),
      ),
    );
    expect(found[0]).toEqual(found[1]);
  });

  it('give the same bytes for wide rows, a probe, many files and any threads, and for unsorted rows', async () => {
    // More than 32 MB, 9 kB a row in the middle: several row groups, parts that begin anywhere in a vector.
    const rows = Array.from({ length: 14_000 }, (_, index): StagedRow => {
      const wide = index > 6000 && index < 9000;
      return { ...sampleRow(1 + index), rowid: `row ${index} ${'w'.repeat(wide ? 9000 : 900)}` };
    });
    const [text, batches] = await both(rows);
    expect(batches.staged.bytes).toBeGreaterThan(32 << 20);
    for (const settings of [
      {},
      { maxRowsPerFile: 3001 },
      { maxFileBytes: 400_000 },
      { sortBy: ['contract_id'] },
    ]) {
      const expected = await sums(text, settings);
      expect(await sums(batches, settings)).toEqual(expected);
      // 2 threads above; a file apart is enough for the others.
      for (const threads of Object.keys(settings).length === 0 ? [1, 4] : []) {
        const other = await openWriter({ memoryLimit: '300MB', threads });
        expect(await sums(batches, settings, other)).toEqual(expected);
        await other.close();
      }
    }
    const [byText, byBatches] = await both([...rows.slice(6999), ...rows.slice(0, 6999)]);
    expect(byBatches.staged.sorted).toBe(false);
    expect(await sums(byBatches)).toEqual(await sums(byText));
    expect(await sums(byBatches)).toEqual(await sums(text));
  }, 240_000);

  it('take any column name and depth', async () => {
    const item = (type: DataType, id: number): DataType => ({
      type: 'list',
      items: { id, name: 'element', type, nullable: true },
    });
    const schema: TableSchema = {
      ...SCHEMA,
      fields: [
        ...SCHEMA.fields.slice(0, 2),
        { id: 3, name: 'a "b" c', type: item(item(item({ type: 'utf8' }, 6), 5), 4), nullable: true },
        {
          id: 7,
          name: 'id, "x"',
          type: {
            type: 'struct',
            fields: [
              {
                id: 8,
                name: "it's",
                type: item(
                  {
                    type: 'struct',
                    fields: [
                      {
                        id: 10,
                        name: 'X y',
                        type: { type: 'decimal128', precision: 4, scale: 1 },
                        nullable: true,
                      },
                    ],
                  },
                  9,
                ),
                nullable: true,
              },
            ],
          },
          nullable: true,
        },
      ],
    };
    const rows = Array.from({ length: 3000 }, (_, index): StagedRow => {
      const { ledger_sequence, closed_at } = sampleRow(1 + index);
      const deep = [[['x', null], [], null], [], null, [[`deep ${index} in the list`]]];
      return {
        ledger_sequence,
        closed_at,
        'a "b" c': [deep, null, [], [null]][index % 4],
        'id, "x"': [null, { "it's": [{ 'X y': '-999.9' }, null, {}] }, { "it's": [] }, {}][index % 4],
      };
    });
    const [text, batches] = await both(rows, schema);
    expect(batches.staged.bytes).toBe(text.staged.bytes);
    expect(await sums(batches, {}, writer, schema)).toEqual(await sums(text, {}, writer, schema));
  });
});

describe('a stage of record batches', () => {
  const rows = Array.from({ length: 6000 }, (_, index) => sampleRow(1 + index));

  it('that is gone, of another size or damaged fails, and leaves no file', async () => {
    const [, stage] = await both(rows);
    const out = path.join(path.dirname(stage.rowsFile), 'out');
    const whole = await readFile(stage.rowsFile);
    const zero = (from: number, to: number) =>
      Buffer.concat([whole.subarray(0, from), Buffer.alloc(to - from, 0xff), whole.subarray(to)]);
    for (let at = 0; at + 4096 < whole.length; at += Math.ceil(whole.length / 12)) {
      await writeFile(stage.rowsFile, zero(at, at + 4096));
      // Never a crash; what is no damage to the structure is found by the verify step.
      const failed = await sums(stage).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failed !== undefined)
        expect(['WRITE_FAILED', 'STAGE_LOST']).toContain((failed as { code?: string }).code);
      if (failed !== undefined) expect(await readdir(out)).toEqual([]);
      await rm(out, { recursive: true, force: true });
    }
    await writeFile(stage.rowsFile, whole.subarray(0, 5000));
    await expect(sums(stage)).rejects.toMatchObject({ code: 'STAGE_LOST' });
    await rm(stage.rowsFile);
    await expect(sums(stage)).rejects.toMatchObject({ code: 'STAGE_LOST' });
    await writeFile(stage.rowsFile, whole);
    expect((await sums(stage)).length).toBe(1);
  }, 120_000);

  it('is given up within a second when the write is cancelled, and the event loop stays free', async () => {
    const many = Array.from({ length: 20_000 }, (_, index): StagedRow => ({
      ...sampleRow(1 + index),
      rowid: 'z'.repeat(2100),
    }));
    const [, { rowsFile, staged }] = await both(many);
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
      settings: { ...DEFAULT_WRITE_SETTINGS, compression: 'gzip' },
      outDir,
      signal: controller.signal,
    });
    await expect(writing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - cancelled).toBeLessThan(1000);
    clearInterval(beat);
    expect(longest).toBeLessThan(500);
    expect((await readdir(outDir)).filter((name) => !name.startsWith('.work-'))).toEqual([]);
    expect((await sums((await both(rows))[1])).length).toBe(1);
  }, 120_000);
});
