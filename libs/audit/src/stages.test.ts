import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { self } from '@parquetry/system';
import { leftFolders, removeLeft } from './stages';

describe('what dead workers left', () => {
  let root = '';
  beforeEach(async () => (root = await mkdtemp(path.join(tmpdir(), 'parquetry-stages-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function worker(name: string, owner: object | undefined): Promise<string> {
    const dir = path.join(root, 'workers', name);
    await mkdir(path.join(dir, 'stages', 'abc'), { recursive: true });
    await writeFile(path.join(dir, 'stages', 'abc', 'rows.ndjson'), 'x'.repeat(100));
    if (owner !== undefined) await writeFile(path.join(dir, 'worker.json'), JSON.stringify(owner));
    return dir;
  }

  it('is found, the stages of living and unknown workers are not', async () => {
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const left = await worker('dead', { pid: dead, host: hostname() });
    await worker('alive', { pid: process.pid, host: hostname() });
    await worker('elsewhere', { pid: dead, host: `${hostname()}-other` });
    await worker('about-to-begin', undefined);
    await mkdir(path.join(root, 'spool', 'run'), { recursive: true });
    const found = await leftFolders(root);
    expect(found).toMatchObject([{ path: left, kind: 'stage' }]);
    expect(found[0]?.bytes).toBeGreaterThanOrEqual(100);
  });

  it('is found when another process has the number of the dead worker by now', async () => {
    const before = self();
    await worker('alive', before);
    const reused = await worker('reused', { ...before, born: '1' });
    const older = await worker('noted-by-an-earlier-version', {
      pid: before.pid,
      host: before.host,
      started: '1',
    });
    expect((await leftFolders(root)).map((left) => left.path).sort()).toEqual([older, reused].sort());
  });

  it('is removed only when nothing in it changed since', async () => {
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const dir = await worker('dead', { pid: dead, host: hostname() });
    await mkdir(path.join(root, 'spool', 'run'), { recursive: true });
    const [left, spool] = await leftFolders(root);
    if (left === undefined || spool === undefined) throw new Error('nothing was found');
    expect([left.kind, spool.kind]).toEqual(['stage', 'spool']);
    expect(await removeLeft(root, left, Date.now() - 60_000)).toBe(false);
    expect(existsSync(dir)).toBe(true);
    expect(await removeLeft(root, left, Date.now() + 60_000)).toBe(true);
    expect(existsSync(dir)).toBe(false);
  });

  it('is nothing where there is no work folder', async () => {
    expect(await leftFolders(path.join(root, 'none'))).toEqual([]);
  });
});
