import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { self } from '@parquetry/system';
import { leftFolders, removeLeft } from './stages';

describe('leftovers of dead workers', () => {
  let root = '';
  beforeEach(async () => (root = await mkdtemp(path.join(tmpdir(), 'parquetry-stages-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  const gone = { ...self(), pid: 2 ** 22 + 1 };

  async function stage(name: string): Promise<string> {
    const dir = path.join(root, 'stages', name);
    await mkdir(dir, { recursive: true });
    await writeFile(path.join(dir, 'rows.parquet'), 'x'.repeat(100));
    return dir;
  }
  async function worker(name: string, owner: string | undefined, minutes = 0): Promise<string> {
    const dir = path.join(root, 'tmp', name);
    await mkdir(dir, { recursive: true });
    if (owner !== undefined) await writeFile(path.join(dir, 'owner.json'), owner);
    const changed = new Date(Date.now() - minutes * 60_000);
    await utimes(dir, changed, changed);
    return dir;
  }

  it('is found when no worker uses the folder', async () => {
    const left = [await stage('abc'), await worker('dead', JSON.stringify(gone))];
    const spool = path.join(root, 'spool', 'run');
    await mkdir(spool, { recursive: true });
    const found = await leftFolders(root);
    expect(found.map(({ kind, path: at }) => [kind, at])).toEqual([
      ['stage', left[0]],
      ['stage', left[1]],
      ['spool', spool],
    ]);
    expect(found[0]?.bytes).toBe(100);
  });

  it.each([
    ['runs', JSON.stringify(self())],
    ['is on another machine', JSON.stringify({ ...gone, host: 'elsewhere' })],
    ['is about to start', undefined],
    ['writes its owner file', '{"pid": 1'],
  ])('is empty while a worker %s', async (_, owner) => {
    await stage('abc');
    await worker('dead', JSON.stringify(gone));
    await worker('other', owner);
    expect(await leftFolders(root)).toEqual([]);
  });

  it.each([
    ['before', undefined],
    ['while', '{"pid": 1'],
  ])('is found ten minutes after a worker died %s it wrote its owner file', async (_, owner) => {
    const dir = await stage('abc');
    const half = await worker('half', owner, 11);
    expect((await leftFolders(root)).map(({ path: at }) => at)).toEqual([dir, half]);
  });

  it.each([process.platform === 'linux' ? 'linux' : ''].filter(Boolean))(
    "is found although another process has its worker's pid (%s)",
    async () => {
      const dir = await stage('abc');
      const renumbered = await worker('dead', JSON.stringify({ ...self(), born: '1' }));
      expect((await leftFolders(root)).map(({ path: at }) => at)).toEqual([dir, renumbered]);
    },
  );

  it('is removed only if nothing in it has changed since', async () => {
    const dir = await stage('abc');
    const [left] = await leftFolders(root);
    if (left === undefined) throw new Error('nothing was found');
    expect(await removeLeft(root, left, Date.now() - 60_000)).toBe(false);
    expect(existsSync(dir)).toBe(true);
    expect(await removeLeft(root, left, Date.now() + 60_000)).toBe(true);
    expect(existsSync(dir)).toBe(false);
  });

  it('is empty without a work folder', async () => {
    expect(await leftFolders(path.join(root, 'none'))).toEqual([]);
  });
});
