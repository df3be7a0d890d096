import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';

interface Plan {
  readonly partitions: { readonly total: number; readonly run: number };
  readonly plan: readonly {
    readonly state: string;
    readonly run: readonly unknown[];
    readonly missing: readonly unknown[];
  }[];
}
interface Listed {
  readonly files: readonly { readonly key: string; readonly sha256: string; readonly rows: number }[];
}

describe('ledgers that are committed already', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  const archive = sandbox.path('archive');
  let range = { start: 0, end: 0 };
  beforeAll(async () => {
    range = (await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 40 })).ledgers;
  });
  afterAll(() => sandbox.dispose());

  const backfill = (...more: string[]): string[] => [
    ...['backfill', '--source', 'galexie:lake', '--archive', archive, '--partition-size', '20'],
    ...['--ledgers', `${range.start}-${range.end}`, ...more],
  ];
  const files = async (): Promise<Listed['files']> =>
    (await sandbox.json<Listed>(['files', '--archive', archive])).document.files;
  const onDisk = (): string[] =>
    readdirSync(archive, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.parquet') && !name.includes('_delta_log'))
      .sort();

  it('are not changed by a fill, which reports what is stale, in text and --json', async () => {
    const fresh = await sandbox.json<BackfillResult>(backfill());
    expect({ code: fresh.code, stale: fresh.document.stale }).toEqual({ code: 0, stale: undefined });
    const before = await files();

    const same = await sandbox.json<BackfillResult>(backfill());
    expect(same.document).toMatchObject({ partitions: { done: 0, skipped: 2 } });
    expect(same.document.stale).toBeUndefined();

    const other = await sandbox.json<BackfillResult>(backfill('--compression', 'zstd'));
    expect(other.code).toBe(0);
    expect(other.document).toMatchObject({ partitions: { done: 0, skipped: 2 }, stale: { segments: 8 } });
    expect(other.document.stale?.first).toContainEqual({
      dataset: 'ledgers',
      range: { start: range.start, end: range.start + 19 },
      why: 'committed with other settings',
    });
    const { stdout } = await sandbox.run(backfill('--compression', 'zstd'));
    expect(stdout).toContain('8 committed segments are stale and were not changed');
    expect(stdout).toContain('`--mode replace` rewrites them');
    expect(await files()).toEqual(before);
  }, 240_000);

  it('are all in the plan of a replace, and not in the plan of a fill', async () => {
    const [, ...args] = backfill('--compression', 'zstd');
    const fill = await sandbox.json<Plan>(['plan', ...args]);
    expect(fill.document.partitions).toEqual({ total: 2, run: 0 });
    const replace = await sandbox.json<Plan>(['plan', ...args, '--mode', 'replace']);
    expect(replace.document.partitions).toEqual({ total: 2, run: 2 });
    expect(replace.document.plan).toHaveLength(8);
    for (const part of replace.document.plan)
      expect(part).toMatchObject({ state: 'replace', missing: [], run: { length: 1 } });
    const dry = await sandbox.run([...backfill('--compression', 'zstd'), '--mode', 'replace', '--dry-run']);
    expect(dry.stdout).toContain('2 partitions of 20: all would run, 2 of them to replace what is committed');
  }, 120_000);

  it('are written again with mode replace, here from the environment, and the old files are deleted', async () => {
    const before = await files();
    const replaced = await sandbox.json<BackfillResult>(backfill('--compression', 'zstd'), {
      PARQUETRY_MODE: 'replace',
    });
    expect(replaced.document).toMatchObject({ partitions: { done: 2, skipped: 0 } });
    expect(replaced.code).toBe(0);
    const after = await files();
    expect(after).toHaveLength(before.length);
    for (const [index, file] of after.entries()) {
      expect(file.rows).toBe(before[index]?.rows);
      expect(file.sha256).not.toBe(before[index]?.sha256);
    }
    expect(onDisk()).toEqual(after.map(({ key }) => key).sort());
    expect(await coverageOf(archive)).toEqual(allCover(range));
    expect((await sandbox.run(['verify', '--archive', archive, '--deep'])).code).toBe(0);
  }, 240_000);

  it('stay unchanged when a replacement would be the same', async () => {
    const before = await files();
    const again = await sandbox.json<BackfillResult>(backfill('--compression', 'zstd', '--mode', 'replace'));
    expect({ code: again.code, done: again.document.partitions.done }).toEqual({ code: 0, done: 2 });
    expect(await files()).toEqual(before);
  }, 240_000);

  it('keep their old files on storage with keep_replaced, here from the configuration file', async () => {
    const before = await files();
    const config = sandbox.path('parquetry.yaml');
    writeFileSync(config, 'mode: replace\nkeep_replaced: true\ncompression: gzip\n');
    expect((await sandbox.run(backfill('--config', config))).code).toBe(0);
    const after = await files();
    expect(new Set([...before, ...after].map(({ key }) => key)).size).toBe(before.length * 2);
    for (const { key } of before) expect(existsSync(path.join(archive, key))).toBe(true);
    expect((await sandbox.run(['verify', '--archive', archive, '--deep'])).code).toBe(0);
    const wrong = await sandbox.run(backfill(), { PARQUETRY_MODE: 'overwrite' });
    expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('PARQUETRY_MODE') as string,
    });
  }, 240_000);
});
