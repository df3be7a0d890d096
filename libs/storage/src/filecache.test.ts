import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { type CachedObject, FileCache } from './filecache';
import { LocalStore } from './local';

const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-cache-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let number = 0;
let dir: string;
let store: LocalStore;
let reads: number;

beforeEach(() => {
  dir = path.join(folder, `cache-${number++}`);
  store = new LocalStore(path.join(folder, `store-${number}`));
  reads = 0;
  const read = store.read.bind(store);
  store.read = (key) => {
    reads += 1;
    return read(key);
  };
});

async function object(key: string, bytes: number): Promise<CachedObject> {
  const body = Buffer.alloc(bytes, key);
  await store.putIfAbsent(key, body);
  return { key, size: bytes, sha256: createHash('sha256').update(body).digest('hex') };
}
const copies = async (): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.endsWith('.parquet')).sort();

describe('FileCache', () => {
  it('loads an object once for all caches of the folder', async () => {
    const a = await object('a', 1000);
    const first = new FileCache(dir, 10_000);
    const second = new FileCache(dir, 10_000);
    const paths = [await first.file(store, a), await second.file(store, a), await first.file(store, a)];
    for (const file of paths) expect(readFileSync(file)).toEqual(Buffer.alloc(1000, 'a'));
    expect(reads).toBe(1);
    await first.close();
    expect(readFileSync(paths[1] ?? '')).toHaveLength(1000);
    await second.close();
    expect(await readdir(dir)).toEqual([`${a.sha256}.parquet`]);
  });

  it('keeps copies from other users of the machine, whatever the file mode mask is', async () => {
    const mask = process.umask(0);
    const cache = new FileCache(path.join(dir, 'new'), 10_000);
    try {
      const file = await cache.file(store, await object('a', 10));
      for (const at of [path.join(dir, 'new'), path.dirname(file), file])
        expect([at, statSync(at).mode & 0o077]).toEqual([at, 0]);
    } finally {
      process.umask(mask);
      await cache.close();
    }
  });

  it('stays within its bound: evicts the least recently used copy, and held files stay readable', async () => {
    const cache = new FileCache(dir, 2500);
    const objects = [await object('a', 1000), await object('b', 1000), await object('c', 1000)];
    const [a, b, c] = objects as [CachedObject, CachedObject, CachedObject];
    const held = await cache.file(store, a);
    await cache.file(store, b);
    // `a` is older than `b` by its last use.
    await utimes(path.join(dir, `${a.sha256}.parquet`), new Date(1000), new Date(1000));
    await cache.file(store, c);
    expect(await copies()).toEqual([b, c].map(({ sha256 }) => `${sha256}.parquet`).sort());
    expect(readFileSync(held)).toHaveLength(1000);
    await cache.file(store, b);
    expect(reads).toBe(3);
    await cache.close();
    await expect(cache.file(store, await object('big', 2501))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('2501 bytes'),
    });
  });

  it.each<[string, Partial<CachedObject>, RegExp]>([
    ['other bytes', { sha256: 'ab'.repeat(32) }, /has sha256 [0-9a-f]{64}, expected abab/],
    ['more bytes', { size: 10 }, /more than 10 bytes/],
    ['fewer bytes', { size: 2000 }, /1000 bytes, expected 2000 bytes/],
  ])('refuses an object of %s and stores nothing', async (_name, change, message) => {
    const cache = new FileCache(dir, 10_000);
    const wrong = { ...(await object('a', 1000)), ...change };
    await expect(cache.file(store, wrong)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringMatching(message),
    });
    await cache.close();
    expect(await readdir(dir)).toEqual([]);
  });

  it('reloads a truncated copy', async () => {
    const cache = new FileCache(dir, 10_000);
    const a = await object('a', 1000);
    await cache.file(store, a);
    await cache.close();
    await truncate(path.join(dir, `${a.sha256}.parquet`), 10);
    expect(readFileSync(await cache.file(store, a))).toHaveLength(1000);
    expect(reads).toBe(2);
    await cache.close();
  });

  it('removes files of killed processes, and none of running processes', async () => {
    const host = hostname().replaceAll('.', '_');
    const left = [`.use-${host}.999999999.aa`, `.use-${host}.${process.pid}.bb`, '.use-elsewhere.1.cc'];
    for (const name of left) await mkdir(path.join(dir, name), { recursive: true });
    await writeFile(path.join(dir, `.load-${host}.999999999.dd`), 'half');
    // The pid of a running process, recorded for a process that started earlier.
    await mkdir(path.join(dir, `.use-${host}.${process.pid}-1.ee`), { recursive: true });
    const cache = new FileCache(dir, 10_000);
    await cache.file(store, await object('a', 10));
    await cache.close();
    expect((await readdir(dir)).filter((name) => name.startsWith('.')).sort()).toEqual(left.slice(1).sort());
  });

  it("names a folder that can't be used", async () => {
    await writeFile(dir, 'a file');
    await expect(new FileCache(dir, 10).file(store, await object('a', 1))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('PARQUETRY_CACHE'),
    });
  });
});
