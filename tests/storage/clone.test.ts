import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { openStore } from '@parquetry/storage';
import { runInProcess } from '../../apps/cli/src/testing/run';
import { runAll, testHost } from '../../apps/worker/src/testing/host';
import { runPython } from '../../libs/archive/src/testing/python';
import { itWithPython } from '../support/python';
import { FAKE_GCS, S3_KEYS, startGcs, startS3, type StorageServer, WEED } from '../support/servers';

const BIN = path.resolve(__dirname, '../../apps/cli/bin/parquetry.js');
const HOOK = path.resolve(__dirname, '../faults/hook.cjs');
const TYPES = ['ledgers', 'transactions'];

const READ = `
import json, sys
from deltalake import DeltaTable
table = DeltaTable(sys.argv[1]).to_pyarrow_table()
print(json.dumps(sorted(table.column('sequence').to_pylist())))
`;

interface Cloned {
  readonly datasets: readonly { dataset: string; committed: number; copied: number; files: number }[];
  readonly iceberg: readonly string[];
  readonly error?: { code: string; message: string; hint: string };
}

describe('archives that are copied and restored', () => {
  let dir: string;
  let host: Awaited<ReturnType<typeof testHost>>['host'];
  let end: () => Promise<void>;
  let start: number;
  let s3: StorageServer | undefined;
  let gcs: StorageServer | undefined;
  const saved = { ...process.env };
  const to = (name: string): string => path.join(dir, name);

  const json = async <T>(...args: string[]): Promise<T> => {
    const { stdout, stderr } = await runInProcess(...args, '--json');
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
    }
  };
  const clone = (from: string, target: string, ...args: string[]): Promise<Cloned> =>
    json<Cloned>('clone', '--from', from, '--to', target, ...args);
  const fill = (archive: string, first: number, last: number): Promise<void> =>
    runAll(host, {
      ...{ source: { uri: `galexie:${to('lake')}` }, archive, types: TYPES, partitionSize: 10 },
      range: { start: start + first, end: start + last },
      settings: { ...DEFAULT_WRITE_SETTINGS, integers: 'signed' },
      ...{ maxRejects: 0, verify: 'ledger' },
    });
  /** Every check and the exact ledgers, by DuckDB over the log. */
  const check = async (archive: string, ledgers: number): Promise<void> => {
    for (const args of [['verify', '--deep'], ['audit']]) {
      const { code, stderr } = await runInProcess(...args, '--archive', archive);
      expect({ archive, args, code, stderr: code === 0 ? '' : stderr }).toEqual({
        archive,
        args,
        code: 0,
        stderr: '',
      });
    }
    const sql = 'select count(*), count(distinct sequence), max(sequence) from ledgers';
    const { rows } = await json<{ rows: unknown }>('query', '--archive', archive, sql);
    expect(rows).toEqual([[ledgers, ledgers, start + ledgers - 1].map(String)]);
  };

  beforeAll(async () => {
    ({ dir, host, end } = await testHost('clone'));
    ({
      ledgers: { start },
    } = await writeSampleLake({ dir: to('lake'), ledgers: 60 }));
    if (WEED !== undefined) {
      s3 = await startS3();
      await s3.createBucket('lake');
      process.env['AWS_ACCESS_KEY_ID'] = S3_KEYS.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = S3_KEYS.secretAccessKey;
      process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
      process.env['AWS_REGION'] = 'us-east-1';
    }
    if (FAKE_GCS !== undefined) {
      gcs = await startGcs();
      await gcs.createBucket('lake');
      process.env['STORAGE_EMULATOR_HOST'] = gcs.endpoint;
    }
    await fill(to('a'), 0, 39);
    await runInProcess('iceberg', 'sync', '--archive', to('a'));
  }, 180_000);
  afterAll(async () => {
    await s3?.stop();
    await gcs?.stop();
    process.env = saved;
    await end();
  });

  it('a clone is right after kill -9 in its middle and a repeat, and continues', async () => {
    const fault = { kind: 'commit', at: 3, when: 'after', log: to('fault.log') };
    const { signal } = spawnSync(
      process.execPath,
      ['--require', HOOK, BIN, 'clone', '--from', to('a'), '--to', to('b')],
      { env: { ...process.env, PARQUETRY_FAULT: JSON.stringify(fault) } },
    );
    expect(signal).toBe('SIGKILL');
    const { datasets, iceberg } = await clone(to('a'), to('b'));
    for (const { files } of datasets) expect(files).toBe(4);
    expect(datasets.reduce((sum, { committed }) => sum + committed, 0)).toBeLessThan(8);
    expect(datasets.reduce((sum, { copied }) => sum + copied, 0)).toBeLessThan(8);
    expect(iceberg).toEqual(TYPES);
    await check(to('b'), 40);
    // Both continue; the source's new ledgers still fit.
    await fill(to('a'), 40, 49);
    expect(
      (await clone(to('a'), to('b'))).datasets.map(({ committed, copied }) => [committed, copied]),
    ).toEqual([
      [1, 1],
      [1, 1],
    ]);
    await fill(to('b'), 50, 59);
    await check(to('b'), 60);
  }, 120_000);

  it('goes from disk to S3, from there to GCS, and back, and refuses a range that cuts a segment', async () => {
    const route = [
      ...(s3 === undefined ? [] : ['s3://lake/clone']),
      ...(gcs === undefined ? [] : ['gs://lake/clone']),
    ];
    let from = to('b');
    for (const place of [...route, to('back')]) {
      expect((await clone(from, place)).error).toBeUndefined();
      from = place;
    }
    await check(to('back'), 60);
    const [own, back] = [openStore(to('b')), openStore(to('back'))];
    for await (const { key } of own.list('ledgers/year='))
      expect(await back.sha256(key)).toBe(await own.sha256(key));
    // An export reads the same archive from any store.
    const hashes = new Set<string>();
    for (const place of [...route, to('back')]) {
      const out = to(`out-${route.indexOf(place)}`);
      const { datasets } = await json<{
        datasets: { rows: number; files: { path: string; sha256: string }[] }[];
      }>(...['export', '--archive', place, '--out', out, '--dataset', 'ledgers', '--one-file']);
      expect(datasets).toMatchObject([{ rows: 60, files: [{ path: 'ledgers.parquet' }] }]);
      hashes.add(datasets[0]?.files[0]?.sha256 ?? '');
    }
    expect(hashes.size).toBe(1);
    const cut = await clone(to('b'), to('cut'), '--ledgers', `${start + 5}-${start + 29}`);
    expect(cut.error).toMatchObject({
      code: 'RANGE_INVALID',
      hint: `The next ranges that fit: ${start}-${start + 29} or ${start + 10}-${start + 29}.`,
    });
    const part = await clone(
      to('b'),
      to('part'),
      '--ledgers',
      `${start}-${start + 29}`,
      '--dataset',
      'ledgers',
    );
    expect(part.datasets).toMatchObject([{ dataset: 'ledgers', committed: 3 }]);
    await check(to('part'), 30);
    expect((await clone(to('b'), to('b/inside'))).error?.code).toBe('USAGE');
  }, 120_000);

  itWithPython(
    'a lost log and a damaged log are restored, and every reader, check and run continues',
    async () => {
      const archive = to('b');
      const log = path.join(archive, 'ledgers/_delta_log');
      const files = path.join(archive, 'transactions/_delta_log');
      rmSync(log, { recursive: true });
      const third = path.join(files, `${'3'.padStart(20, '0')}.json`);
      writeFileSync(third, readFileSync(third).subarray(0, 700));
      mkdirSync(files, { recursive: true });
      writeFileSync(path.join(files, '_last_checkpoint'), '{"version":');
      expect((await runInProcess('verify', '--archive', archive)).code).not.toBe(0);
      const before = readdirSync(files);
      const plan = await json<{ datasets: { outcome: string; commits: object[] }[] }>(
        ...['restore', '--archive', archive, '--dry-run'],
      );
      expect(plan.datasets.map(({ outcome, commits }) => [outcome, commits.length])).toEqual([
        ['would be restored', 6],
        ['would be restored', 1],
      ]);
      expect(readdirSync(files)).toEqual(before);
      const { code, stdout } = await runInProcess('restore', '--archive', archive);
      expect(code).toBe(0);
      expect(stdout).toContain('kept _parquetry/damaged/transactions/00000000000000000003.json');
      await check(archive, 60);
      const sequences = Array.from({ length: 60 }, (_, index) => start + index);
      expect(await runPython(READ, path.join(archive, 'ledgers'))).toEqual(sequences);
      // Nothing is missing for the next run, which therefore commits nothing twice.
      await fill(archive, 0, 59);
      await check(archive, 60);
      expect((await runInProcess('restore', '--archive', archive)).stdout).toContain('Every log is whole');
    },
    120_000,
  );
});
