import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CODECS, DEFAULT_WRITE_SETTINGS, type WriteSettings } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { parquetMetadata } from 'hyparquet';
import type { WriteRequest } from './dataset';
import { openQuery } from './query';
import { SCHEMA, type StagedRow, registered, sampleRow, stageRows } from './testing/stage';
import { type Writer, openWriter } from './writer';

const RANGE = { start: 420_000, end: 420_999 };
let dir: string;
let writer: Writer;
let outDirs = 0;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-writer-'));
  writer = await openWriter({ memoryLimit: '512MB', threads: 2, tempDir: path.join(dir, 'spill') });
});

afterAll(async () => {
  await writer.close();
  await rm(dir, { recursive: true, force: true });
});

async function stage(rows: readonly StagedRow[], schema: TableSchema = SCHEMA) {
  const folder = await mkdtemp(path.join(dir, 'stage-'));
  return { ...(await stageRows(folder, schema, rows)), folder, schema: registered(schema) };
}

async function writeStage(
  { rowsFile, staged, folder, schema }: Awaited<ReturnType<typeof stage>>,
  settings: Partial<WriteSettings>,
  using: Writer,
  onProgress?: WriteRequest['onProgress'],
) {
  // Calls run side by side.
  const outDir = path.join(folder, `out-${(outDirs += 1)}`);
  const merged = { ...DEFAULT_WRITE_SETTINGS, ...settings };
  const request = { rowsFile, staged, range: RANGE, schema, settings: merged, outDir };
  return { files: await using.writeDataset(onProgress ? { ...request, onProgress } : request), request };
}

/** Writes stages concurrently: the files of each call, and the maximum number of calls that worked concurrently. */
async function writeAtOnce(
  inputs: readonly Awaited<ReturnType<typeof stage>>[],
  settings: Partial<WriteSettings>,
  using: Writer,
): Promise<{ sums: string[]; atOnce: number; paths: string[] }> {
  const running = new Set<number>();
  let atOnce = 0;
  const paths: string[] = [];
  const call = async (input: (typeof inputs)[number], id: number): Promise<string> => {
    const { files } = await writeStage(input, settings, using, () => {
      running.add(id);
      atOnce = Math.max(atOnce, running.size);
    });
    running.delete(id);
    paths.push(...files.map((file) => file.path));
    return files.map(({ name, sha256, size }) => `${name} ${sha256} ${size}`).join('\n');
  };
  return { sums: await Promise.all(inputs.map(call)), atOnce, paths };
}

/** The same rows with their ledgers in reverse order; the order inside each ledger is kept. */
function reversedLedgers(rows: readonly StagedRow[]): StagedRow[] {
  const byLedger = new Map<unknown, StagedRow[]>();
  for (const row of rows) {
    const ledger = byLedger.get(row['ledger_sequence']) ?? [];
    ledger.push(row);
    byLedger.set(row['ledger_sequence'], ledger);
  }
  return [...byLedger.values()].reverse().flat();
}

const write = async (
  rows: readonly StagedRow[],
  settings: Partial<WriteSettings> = {},
  using: Writer = writer,
  schema: TableSchema = SCHEMA,
) => writeStage(await stage(rows, schema), settings, using);

const rows = Array.from({ length: 6000 }, (_, index) => sampleRow(index));

/** What is in a folder, work folders of calls that still end only when asked. */
async function names(folder: string, work: boolean): Promise<string[]> {
  const all = existsSync(folder) ? await readdir(folder) : [];
  return all.filter((name) => work || !name.startsWith('.work-'));
}

describe('writeDataset', () => {
  it('gives the same bytes for 1, 2 and 4 threads, repeated, and for any ledger order, on every codec', async () => {
    // More than one vector of DuckDB each; the repetitions need to be made for one codec only.
    const [many, few] = [rows, rows.slice(0, 2100)];
    const whole = [await stage(many), await stage(reversedLedgers(many))];
    const short = [await stage(few), await stage(reversedLedgers(few))];
    const writers = await Promise.all(
      [1, 2, 4].map((threads) => openWriter({ memoryLimit: '512MB', threads })),
    );
    try {
      for (const compression of CODECS) {
        const inputs = compression === 'zstd' ? [...whole, ...whole] : short;
        const sums = new Set<string>();
        const atOnce: number[] = [];
        for (const using of writers) {
          const written = await writeAtOnce(inputs, { compression }, using);
          for (const sum of written.sums) sums.add(sum);
          atOnce.push(written.atOnce);
        }
        expect([...sums]).toHaveLength(1);
        if (inputs.length === 4) expect(atOnce).toEqual([1, 2, 4]);
      }
    } finally {
      await Promise.all(writers.map((each) => each.close()));
    }
  }, 120_000);

  it('gives the same bytes over several row groups and files and a probe, for 1, 2 and 4 threads and a small memory', async () => {
    const wide = { val_decoded: JSON.stringify('x'.repeat(8000)) };
    const many = Array.from({ length: 10_000 }, (_, index): StagedRow => ({
      ...sampleRow(index),
      ...wide,
      rowid: String(index ** 3),
    }));
    const [sorted, reversed] = [await stage(many), await stage(reversedLedgers(many))];
    const sums = new Set<string>();
    let paths: string[] = [];
    for (const [threads, memoryLimit, inputs] of [
      [1, '300MB', [sorted, reversed]],
      [2, '1GB', [sorted, reversed, sorted]],
      [4, '1GB', [sorted, reversed, sorted, reversed]],
    ] as const) {
      const using = await openWriter({ memoryLimit, threads });
      const written = await writeAtOnce(inputs, { maxFileBytes: 1 << 20 }, using);
      for (const sum of written.sums) sums.add(sum);
      expect(written.atOnce).toBe(threads);
      paths = written.paths;
      await using.close();
    }
    expect(sums.size).toBe(1);
    expect([...sums][0]?.split('\n').length).toBeGreaterThan(1);
    const groups = paths.map((file) => parquetMetadata(new Uint8Array(readFileSync(file)).buffer).row_groups);
    expect(Math.max(...groups.map(({ length }) => length))).toBe(2);
  }, 120_000);

  it('reads back every value as staged', async () => {
    const { files } = await write(rows.slice(0, 300));
    const query = await openQuery();
    try {
      await query.createView(
        't',
        files.map((file) => file.path),
        SCHEMA,
      );
      const { rows: found } = await query.run('SELECT * FROM t');
      const expected = rows.slice(0, 300).map((row) =>
        SCHEMA.fields.map(({ name, type }) => {
          const value = row[name];
          if (type.type === 'timestamp')
            return String(value)
              .replace('T', ' ')
              .replace(/\.?0*Z$/, '+00');
          if (name === 'fee') return Number(value).toFixed(2);
          if (type.type === 'uint32' || type.type === 'int32') return Number(value);
          return JSON.parse(
            JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
          ) as unknown;
        }),
      );
      expect(found).toEqual(expected);
    } finally {
      await query.close();
    }
  });

  it('cuts files at rows, at layout edges and at the end, and never inside a ledger', async () => {
    const { files } = await write(rows, { maxRowsPerFile: 1010 });
    expect(files.map(({ range, rows: count, reason }) => [range.start, range.end, count, reason])).toEqual([
      [420_000, 420_020, 1050, 'rows'],
      [420_021, 420_041, 1050, 'rows'],
      [420_042, 420_062, 1050, 'rows'],
      [420_063, 420_083, 1050, 'rows'],
      [420_084, 420_104, 1050, 'rows'],
      [420_105, 420_999, 750, 'range_end'],
    ]);
    const narrow = await write(rows, { layout: { kind: 'ledger_range', width: 100 } });
    expect(narrow.files.map(({ folder, rows: count, reason }) => [folder.path, count, reason])).toEqual([
      ['ledgers/420000-420100', 5000, 'layout_edge'],
      ['ledgers/420100-420200', 1000, 'range_end'],
    ]);
  });

  it('cuts by bytes, measured on the first rows', async () => {
    const whole = (await write(rows)).files[0];
    const { files } = await write(rows, { maxFileBytes: Math.floor((whole?.size ?? 0) / 3) });
    expect(files.length).toBeGreaterThanOrEqual(3);
    expect(files.length).toBeLessThanOrEqual(4);
    expect(files[0]?.reason).toBe('bytes');
    expect(files.reduce((total, file) => total + file.rows, 0)).toBe(rows.length);
  });

  it('counts columns as the pull did', async () => {
    const { files, request } = await write(rows);
    expect(files[0]?.columns).toEqual(request.staged.columns);
  });

  it('writes nothing for an empty dataset', async () => {
    const { files, request } = await write([]);
    expect(files).toEqual([]);
    expect(existsSync(request.outDir)).toBe(false);
  });

  it('writes a row of more than 16 MiB', async () => {
    const row = { ...sampleRow(0), contract_id: 'x'.repeat(40 << 20) };
    const { files } = await write([row], { compression: 'zstd', compressionLevel: 3 });
    expect(files[0]?.rows).toBe(1);
  });

  it('refuses levels for codecs other than zstd, and unknown codecs', async () => {
    await expect(write(rows, { compression: 'gzip', compressionLevel: 5 })).rejects.toMatchObject({
      code: 'CODEC_UNSUPPORTED',
    });
    await expect(write(rows, { compression: 'zstd', compressionLevel: 23 })).rejects.toMatchObject({
      code: 'CODEC_UNSUPPORTED',
    });
    await expect(write(rows, { compression: 'toString' as 'zstd' })).rejects.toMatchObject({
      code: 'CODEC_UNSUPPORTED',
    });
  });

  it('takes any column name literally', async () => {
    const names = [
      'rowid',
      'filename',
      'c0',
      'a"b',
      "x'); DROP TABLE rows; --",
      '__proto__',
      'file_row_number',
    ];
    const schema: TableSchema = {
      ...SCHEMA,
      fields: [
        ...SCHEMA.fields.slice(0, 2),
        ...names.map((name, index) => ({
          id: 50 + index,
          name,
          type: { type: 'utf8' as const },
          nullable: true,
        })),
      ],
    };
    const row = Object.fromEntries([
      ...Object.entries(sampleRow(3)).slice(0, 2),
      ...names.map((name) => [name, `value of ${name}`]),
    ]) as StagedRow;
    const { files } = await write([row], {}, writer, schema);
    const query = await openQuery();
    try {
      await query.createView("v'", [String(files[0]?.path)], schema);
      const result = await query.run('SELECT * FROM "v\'"');
      expect(result.columns.map(({ name }) => name).slice(2)).toEqual(names);
      expect(result.rows[0]?.slice(2)).toEqual(names.map((name) => `value of ${name}`));
    } finally {
      await query.close();
    }
  });

  it('throws STAGE_LOST for a missing or truncated stage, WRITE_FAILED for one that DuckDB cannot read', async () => {
    const { request } = await write(rows.slice(0, 10));
    await writeFile(request.rowsFile, 'short\n');
    await expect(writer.writeDataset(request)).rejects.toMatchObject({ code: 'STAGE_LOST' });
    const bad = 'not a Parquet file';
    await writeFile(request.rowsFile, bad);
    const staged = { ...request.staged, parts: [bad.length] };
    await expect(writer.writeDataset({ ...request, staged })).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    });
    await rm(request.rowsFile);
    await expect(writer.writeDataset(request)).rejects.toMatchObject({ code: 'STAGE_LOST' });
  });

  it('refuses a stage whose rows differ from the count, and leaves no file', async () => {
    const { request } = await write(rows.slice(0, 200));
    await rm(request.outDir, { recursive: true });
    const staged = { ...request.staged, rows: 201 };
    await expect(writer.writeDataset({ ...request, staged })).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    const [first, ...rest] = request.staged.ledgers;
    const ledgers = [{ ...(first as (typeof rest)[0]), rows: 49 }, ...rest];
    const settings = { ...request.settings, maxRowsPerFile: 50 };
    await expect(
      writer.writeDataset({ ...request, settings, staged: { ...request.staged, ledgers } }),
    ).rejects.toMatchObject({ code: 'WRITE_FAILED', message: expect.stringContaining('expected') as string });
    expect(await readdir(request.outDir)).toEqual([]);
  });

  it('stops at an abort within a second, leaves no file, and keeps working', async () => {
    const many = Array.from({ length: 60_000 }, (_, index) => sampleRow(index));
    const { rowsFile, staged, folder } = await stage(many);
    const outDir = path.join(folder, 'out');
    const base = {
      rowsFile,
      staged,
      range: { start: 420_000, end: 499_999 },
      schema: registered(SCHEMA),
      outDir,
    };
    const settings: WriteSettings = { ...DEFAULT_WRITE_SETTINGS, compression: 'zstd', compressionLevel: 19 };
    for (const delay of [0, 30, 150, 600]) {
      const abort = new AbortController();
      let ticks = 0;
      const ticker = setInterval(() => (ticks += 1), 10);
      setTimeout(() => abort.abort(), delay);
      const began = Date.now();
      const failed = await writer.writeDataset({ ...base, settings, signal: abort.signal }).then(
        () => undefined,
        (error: unknown) => error,
      );
      clearInterval(ticker);
      expect(failed).toMatchObject({ code: 'CANCELLED' });
      expect(Date.now() - began - delay).toBeLessThan(1000);
      expect(ticks).toBeGreaterThanOrEqual(Math.floor(delay / 30));
      expect(await names(outDir, false)).toEqual([]);
    }
    expect((await write(rows.slice(0, 10))).files).toHaveLength(1);
    // Work folders go when DuckDB has let go.
    while ((await names(outDir, true)).length > 0) await sleep(50);
  }, 60_000);

  it('writes one after the other what the memory limit does not allow at once', async () => {
    const wide = { val_decoded: JSON.stringify('x'.repeat(8000)) };
    const many = Array.from({ length: 6000 }, (_, index): StagedRow => ({ ...sampleRow(index), ...wide }));
    const reversed = await stage(reversedLedgers(many));
    const using = await openWriter({ memoryLimit: '110MB', threads: 3 });
    try {
      const { sums } = await writeAtOnce([reversed, reversed, reversed], {}, using);
      expect(new Set(sums).size).toBe(1);
    } finally {
      await using.close();
    }
  });

  it('lets no write run next to work that needs the memory, which waits for running ones', async () => {
    const input = await stage(Array.from({ length: 100 }, (_, index) => sampleRow(index)));
    const written = (): number =>
      readdirSync(input.folder, { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.startsWith('out-') && name.endsWith('.parquet') && !name.includes('.work'),
      ).length;
    const seen: number[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = writeStage(input, {}, writer);
    const alone = writer.exclusively(undefined, async () => {
      seen.push(written());
      await held;
      seen.push(written());
    });
    await first;
    const second = writeStage(input, {}, writer);
    await sleep(300);
    release();
    await Promise.all([alone, second]);
    expect([...seen, written()]).toEqual([1, 1, 2]);
    // Its signal ends the wait.
    const waiting = new AbortController();
    const blocker = writer.exclusively(undefined, () => sleep(200));
    const given = writer.exclusively(waiting.signal, async () => undefined);
    waiting.abort();
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED' });
    await blocker;
  });

  it('spills to disk under a small memory limit and removes its spill folder', async () => {
    const spill = path.join(dir, 'small');
    const small = await openWriter({ memoryLimit: '300MB', threads: 1, tempDir: spill });
    // 160 MB of text, out of order, so that it is loaded and sorted.
    const many = Array.from({ length: 40_000 }, (_, index): StagedRow => ({
      ...sampleRow(index),
      rowid: `${index} `.repeat(4000 / `${index} `.length),
    }));
    const input = await stage([...many.slice(20_000), ...many.slice(0, 20_000)]);
    let spilled = 0;
    const watch = setInterval(() => {
      for (const entry of readdirSync(spill, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name);
        if (entry.isFile()) spilled = Math.max(spilled, statSync(file, { throwIfNoEntry: false })?.size ?? 0);
      }
    }, 20);
    const { files } = await writeStage(input, { maxRowsPerFile: 100_000 }, small).finally(() =>
      clearInterval(watch),
    );
    await small.close();
    expect(spilled).toBeGreaterThan(10e6);
    expect(files.reduce((total, file) => total + file.rows, 0)).toBe(40_000);
    expect(await readdir(spill)).toEqual([]);
  }, 120_000);
});

describe('copyNdjsonToParquet', () => {
  it('keeps file order and nested types', async () => {
    const input = path.join(dir, 'actions.ndjson');
    const output = path.join(dir, 'checkpoint.parquet');
    await writeFile(
      input,
      '{"txn":{"appId":"b","version":9007199254740993}}\n{"add":{"path":"p","partitionValues":{"day":"13"}}}\n',
    );
    const columns = {
      txn: 'STRUCT("appId" VARCHAR, version BIGINT)',
      add: 'STRUCT(path VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR))',
    };
    expect((await writer.copyNdjsonToParquet({ input, columns, output })).rows).toBe(2);
    const query = await openQuery();
    try {
      await query.createView('c', [output], {
        ...SCHEMA,
        fields: [
          {
            id: 1,
            name: 'txn',
            type: {
              type: 'struct',
              fields: [
                { id: 2, name: 'appId', type: { type: 'utf8' }, nullable: true },
                { id: 3, name: 'version', type: { type: 'int64' }, nullable: true },
              ],
            },
            nullable: true,
          },
        ],
      });
      expect((await query.run('SELECT * FROM c')).rows).toEqual([
        [{ appId: 'b', version: '9007199254740993' }, null],
        [null, { path: 'p', partitionValues: [{ key: 'day', value: '13' }] }],
      ]);
    } finally {
      await query.close();
    }
  });
});

it('keeps nothing of the stages that it has written', async () => {
  const own = await openWriter({ memoryLimit: '256MB', threads: 1, tempDir: path.join(dir, 'spill') });
  try {
    const rows = Array.from({ length: 500 }, (_, index) => sampleRow(index));
    const write = async (): Promise<number> => {
      await writeStage(await stage(rows), {}, own);
      return (await own.memory()).bytes;
    };
    const first = await write();
    let last = first;
    for (let index = 0; index < 10; index += 1) last = await write();
    // A few bytes for each file are names. Its footer and its columns would be a multiple of this.
    expect(last - first).toBeLessThan(10 * 4096);
  } finally {
    await own.close();
  }
});
