import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

const root = process.platform === 'linux' && process.getuid?.() === 0;
const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0;

/** A small disk, or the reason why there is none. */
function smallDisk(folder: string, size: string): string | undefined {
  mkdirSync(folder, { recursive: true });
  return mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder) ? undefined : 'mount was refused';
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(path.relative(folder, entry.parentPath), entry.name));

/** Writes a file until there is no space. */
function fill(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (;;) writeSync(handle, Buffer.alloc(4096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
  }
}

describe('a full disk', () => {
  const sandbox = new Sandbox();
  const disks = { stage: sandbox.path('.parquetry', 'work'), archive: sandbox.path('small') };
  const refused = root
    ? (smallDisk(disks.stage, '300k') ?? smallDisk(disks.archive, '200k'))
    : 'only root can mount a small disk';
  const test = refused === undefined ? it : it.skip;
  const why = refused === undefined ? '' : ` [skipped: ${refused}]`;
  let lake: { readonly start: number; readonly end: number };

  beforeAll(async () => {
    lake = (await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 40 })).ledgers;
  }, 120_000);
  afterAll(async () => {
    await sandbox.dispose().catch(() => undefined);
    for (const disk of Object.values(disks)) spawnSync('umount', [disk]);
    await sandbox.dispose();
  }, 60_000);
  const backfill = (archive: string, ...more: string[]): string[] => [
    ...['backfill', '--source', `galexie:${sandbox.path('lake')}`, '--archive', archive],
    ...['--ledgers', `${lake.start}-${lake.end}`, '--partition-size', '20', ...more],
  ];

  test(`under the stage: is reported, leaves no files in stage or archive; with free space the same command succeeds${why}`, async () => {
    // A pull of a killed worker fills the disk: the next worker removes it before it writes anything.
    const left = path.join(disks.stage, 'stages', 'left');
    mkdirSync(left, { recursive: true });
    writeFileSync(path.join(left, 'owner.json'), JSON.stringify({ pid: 4_194_304, host: hostname() }));
    fill(path.join(left, 'part'));
    const archive = sandbox.path('archive');
    const { code, stdout, stderr } = await sandbox.run(backfill(archive, '--on-failure', 'fail'));
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/STAGE_FULL/);
    expect(stdout + stderr).toMatch(/disk/i);
    expect(existsSync(left)).toBe(false);
    expect(filesIn(disks.stage).filter((name) => /\.(ndjson|parquet)|\.tmp-/.test(name))).toEqual([]);
    expect(filesIn(archive).filter((name) => !name.startsWith('_parquetry'))).toEqual([]);
    expect(mount('-o', 'remount,size=200m', disks.stage)).toBe(true);
    const again = await sandbox.json<BackfillResult>(backfill(archive));
    expect(again.code).toBe(0);
    expect(again.document.datasets.flatMap(({ gaps }) => gaps)).toEqual([]);
  }, 300_000);

  test(`before the worker starts: it ends with the code and what to do, not with INTERNAL${why}`, async () => {
    const other = path.join(disks.stage, 'other');
    fill(other);
    const { code, stdout, stderr } = await sandbox.run(backfill(sandbox.path('second')));
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/STAGE_FULL: .*PARQUETRY_HOME/s);
    rmSync(other);
  }, 120_000);

  test(`under the archive: is reported, leaves no partial file; with free space the same command succeeds${why}`, async () => {
    expect(mount('-o', 'remount,size=200m', disks.stage)).toBe(true);
    const { code, stdout, stderr } = await sandbox.run(backfill(disks.archive, '--on-failure', 'fail'));
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/STORAGE_FULL/);
    expect(filesIn(disks.archive).filter((name) => name.includes('.tmp-'))).toEqual([]);
    expect(mount('-o', 'remount,size=200m', disks.archive)).toBe(true);
    const again = await sandbox.json<BackfillResult>(backfill(disks.archive));
    expect(again.code).toBe(0);
    expect((await sandbox.run(['verify', '--deep', '--archive', disks.archive])).code).toBe(0);
  }, 300_000);
});
