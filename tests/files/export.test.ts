import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_WRITE_SETTINGS } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { openStore } from '@parquetry/storage';
import { type Ran, runInProcess } from '../../apps/cli/src/testing/run';
import { runAll, testHost } from '../../apps/worker/src/testing/host';
import { itWithPython, python } from '../support/python';
import { FAKE_GCS, S3_KEYS, startGcs, startS3, WEED } from '../support/servers';

interface ExportDocument {
  readonly datasets: readonly {
    readonly dataset: string;
    readonly rows: number;
    readonly bytes: number;
    readonly gaps: readonly unknown[];
    readonly ledgers: readonly { start: number; end: number }[];
    readonly files: readonly { path: string; rows: number; sha256: string; copied: boolean }[];
  }[];
  readonly error?: { code: string; message: string };
}

type Rows = Record<string, Record<string, string>[]>;

const BIN = path.resolve(__dirname, '../../apps/cli/bin/parquetry.js');
const HOOK = path.resolve(__dirname, '../faults/hook.cjs');

describe('export', () => {
  let dir: string;
  let archive: string;
  let start: number;
  let end: () => Promise<void>;
  const to = (name: string): string => path.join(dir, name);
  const run = (out: string, ...args: string[]): Promise<Ran> =>
    runInProcess('export', '--archive', archive, '--out', out, ...args);
  const exported = async (out: string, ...args: string[]): Promise<ExportDocument> =>
    JSON.parse((await run(out, ...args, '--json')).stdout) as ExportDocument;
  const names = (out: string): string[] =>
    readdirSync(out, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(path.join(out, name)).isFile())
      .sort();

  beforeAll(async () => {
    const opened = await testHost('export');
    ({ dir, end } = opened);
    archive = to('archive');
    const { ledgers } = await writeSampleLake({ dir: to('lake'), ledgers: 60 });
    ({ start } = ledgers);
    // Ledgers 40 to 49 are missing.
    for (const range of [
      { start, end: start + 39 },
      { start: start + 50, end: start + 59 },
    ])
      await runAll(opened.host, {
        ...{ source: { uri: `galexie:${to('lake')}` }, archive, range, partitionSize: 10 },
        ...{
          types: ['ledgers', 'transactions', 'contract_events'],
          settings: DEFAULT_WRITE_SETTINGS,
          maxRejects: 0,
          verify: 'ledger',
        },
      });
  }, 120_000);
  afterAll(() => end());

  it('names missing ledgers and writes nothing; with --allow-gaps the manifest names them', async () => {
    const refused = await run(to('gaps'));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`contract_events ${start + 40}-${start + 49}`);
    expect(existsSync(to('gaps'))).toBe(false);
    const { datasets } = await exported(to('gaps'), '--allow-gaps');
    expect(datasets.map(({ gaps }) => gaps)).toEqual(
      Array.from({ length: 3 }, () => [{ start: start + 40, end: start + 49 }]),
    );
    expect((await run(to('beyond'), '--ledgers', `${start + 55}-${start + 99}`)).stderr).toContain(
      `${start + 60}-${start + 99}`,
    );
  });

  it('copies the files of the archive that hold only ledgers of the range, and writes the others', async () => {
    const { datasets } = await exported(to('copies'), '--ledgers', `${start + 5}-${start + 39}`);
    for (const { dataset, files } of datasets) {
      expect(files.map(({ copied }) => copied)).toEqual([false, true, true, true]);
      expect(files[0]?.path).toBe(`${dataset}/${start + 5}-${start + 9}.parquet`);
    }
    const [first] = datasets[0]?.files.slice(1) ?? [];
    const own = path.join(to('copies'), first?.path ?? '');
    // Not a hard link: an edit of the export must not change the archive.
    expect(statSync(own).nlink).toBe(1);
    expect(names(to('copies')).filter((name) => name.startsWith('_'))).toEqual(['_export.json']);
  });

  const RANGE = (): string => `${start + 3}-${start + 36}`;
  const CASES: [string, ...string[]][] = [
    ['parquet', '--format', 'parquet'],
    ['parquet-zstd', '--one-file', '--compression', 'zstd'],
    ['arrow', '--format', 'arrow', '--partition-by', 'ledgers:16'],
    ['csv', '--format', 'csv', '--partition-by', 'hour'],
    ['csv-gz', '--format', 'csv', '--one-file', '--compression', 'gzip'],
    ['ndjson', '--format', 'ndjson', '--partition-by', 'day'],
  ];

  itWithPython(
    'has the same values in every format and partitioning, read with pyarrow and polars',
    async () => {
      const read: Rows[] = [];
      for (const [name, ...args] of CASES) {
        const { code, stderr } = await run(to(name), '--ledgers', RANGE(), ...args);
        expect({ name, code, stderr }).toMatchObject({ code: 0 });
        read.push(python<Rows>('exported.py', [to(name)]));
      }
      const [whole] = read as [Rows];
      expect(whole['ledgers']?.map((row) => Number(row['sequence']))).toEqual(
        Array.from({ length: 34 }, (_, index) => start + 3 + index),
      );
      for (const [index, rows] of read.entries()) {
        expect(Object.keys(rows)).toEqual(Object.keys(whole));
        for (const [dataset, own] of Object.entries(rows)) {
          expect(own).toHaveLength(whole[dataset]?.length ?? 0);
          const at = own.findIndex((row, place) => !isDeepStrictEqual(row, whole[dataset]?.[place]));
          expect({ case: CASES[index]?.[0], dataset, row: own[at] }).toEqual({
            ...{ case: CASES[index]?.[0], dataset, row: whole[dataset]?.[at] },
          });
        }
      }
    },
    120_000,
  );

  it('refuses a target with anything in it; --overwrite only removes an earlier export', async () => {
    const out = to('target');
    mkdirSync(out);
    writeFileSync(path.join(out, 'mine.txt'), 'mine');
    const few = ['--ledgers', String(start), '--dataset', 'ledgers'];
    expect((await exported(out, ...few)).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('is not empty: it has mine.txt'),
    });
    expect((await exported(out, ...few, '--overwrite')).error?.message).toContain(
      'mine.txt, which no export wrote',
    );
    expect(names(out)).toEqual(['mine.txt']);
    rmSync(path.join(out, 'mine.txt'));
    await exported(out, ...few);
    expect((await exported(out, ...few, '--resume')).error?.code).toBe('USAGE');
    await exported(out, ...few, '--overwrite', '--format', 'csv');
    expect(names(out)).toEqual(['_export.json', `ledgers/${start}.csv`]);
    for (const inside of [archive, path.join(archive, 'out'), dir])
      expect((await exported(inside, ...few)).error?.message).toContain('contain each other');
  });

  it('continues after kill -9, and replaces a file that another attempt left different', async () => {
    const out = to('killed');
    const args = ['--ledgers', `${start}-${start + 39}`, '--partition-by', 'ledgers:1', '--format', 'ndjson'];
    args.push('--dataset', 'ledgers');
    const fault = { kind: 'other', at: 120, when: 'after', log: to('fault.log') };
    const { signal } = spawnSync(
      process.execPath,
      ['--require', HOOK, BIN, 'export', '--archive', archive, '--out', out, ...args],
      { env: { ...process.env, PARQUETRY_FAULT: JSON.stringify(fault) } },
    );
    expect(signal).toBe('SIGKILL');
    expect(existsSync(path.join(out, '_export.json'))).toBe(false);
    // More than one update of the state, and not all.
    const left = names(out).filter((name) => name.endsWith('.ndjson'));
    expect(left.length).toBeGreaterThan(17);
    expect(left.length).toBeLessThan(40);
    expect((await exported(out, ...args)).error?.message).toContain('has an unfinished export');
    expect((await exported(out, '--resume')).error?.message).toContain('with other options');
    const damaged = path.join(out, left.at(-1) ?? '');
    writeFileSync(damaged, 'half');
    const first = path.join(out, left[0] ?? '');
    const before = statSync(first).ino;
    const { datasets } = await exported(out, ...args, '--resume');
    expect(statSync(first).ino).toBe(before);
    expect(readFileSync(damaged, 'utf8')).not.toBe('half');
    const fresh = await exported(to('fresh'), ...args);
    expect(datasets).toEqual(fresh.datasets);
    expect(names(out)).toEqual(names(to('fresh')));
  }, 60_000);

  const STORES = [
    { scheme: 's3', open: startS3, has: WEED !== undefined },
    { scheme: 'gs', open: startGcs, has: FAKE_GCS !== undefined },
  ] as const;
  for (const { scheme, has } of STORES)
    if (!has) it.skip(`writes to ${scheme} [skipped: no server binary]`, () => undefined);
  it.each(STORES.filter(({ has }) => has))(
    'writes to $scheme',
    async ({ scheme, open }) => {
      const saved = { ...process.env };
      const server = await open();
      try {
        await server.createBucket('out');
        process.env['AWS_ACCESS_KEY_ID'] = S3_KEYS.accessKeyId;
        process.env['AWS_SECRET_ACCESS_KEY'] = S3_KEYS.secretAccessKey;
        process.env['AWS_ENDPOINT_URL_S3'] = server.endpoint;
        process.env['AWS_REGION'] = 'us-east-1';
        process.env['STORAGE_EMULATOR_HOST'] = server.endpoint;
        const root = `${scheme}://out/plain`;
        const { datasets, error } = await exported(root, '--ledgers', RANGE(), '--dataset', 'ledgers');
        expect(error).toBeUndefined();
        const store = openStore(root);
        for (const { path: key, sha256 } of datasets[0]?.files ?? [])
          expect(await store.sha256(key)).toBe(sha256);
        expect((await exported(root, '--ledgers', RANGE())).error?.message).toContain('is not empty');
      } finally {
        process.env = saved;
        await server.stop();
      }
    },
    60_000,
  );
});
