import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileIdentity } from '@parquetry/core';
import fc from 'fast-check';
import { localFault } from './fault';
import { compareKeys } from './key';
import { localCopy, localFile } from './download';
import { LocalStore } from './local';
import { openStore } from './open';
import { assertCase, expandPath } from './root';
import type { UploadExpectation } from './store';
import { inFolder } from './testing/folder';

const text = (value: string): Uint8Array => Buffer.from(value);
const sha = (value: Uint8Array): string => createHash('sha256').update(value).digest('hex');
const ELSEWHERE = '/dev/shm';
const isElsewhere = existsSync(ELSEWHERE) && statSync(ELSEWHERE).dev !== statSync(tmpdir()).dev;
const isRoot = process.getuid?.() === 0;

async function keys(store: LocalStore, prefix = '', after?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const item of store.list(prefix, after === undefined ? {} : { after })) found.push(item.key);
  return found;
}

/** An upload of a changed, missing or cancelled file leaves nothing in the archive. */
async function refusesOthers(
  store: LocalStore,
  folder: string,
  file: string,
  good: UploadExpectation,
): Promise<void> {
  const upload = (name: string, expected: UploadExpectation): Promise<unknown> =>
    store.uploadIfAbsent('d/f', name, expected);
  await expect(upload(file, { ...good, size: 7 })).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
  await expect(upload(file, { ...good, sha256: sha(text('')) })).rejects.toMatchObject({
    code: 'VERIFY_MISMATCH',
  });
  await expect(upload(`${file}.gone`, good)).rejects.toMatchObject({ code: 'STAGE_LOST' });
  await expect(upload(file, { ...good, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
  expect(await readdir(path.join(folder, 'archive/d'))).toEqual([]);
}

describe('LocalStore', () => {
  it('creates once and never overwrites', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'new/archive'));
      expect(await store.stat('a/b')).toBeUndefined();
      expect(await store.putIfAbsent('a/b', text('one'))).toBe('created');
      expect(await store.putIfAbsent('a/b', text('two'))).toBe('exists');
      expect(Buffer.from(await store.get('a/b')).toString()).toBe('one');
      expect(await store.stat('a/b')).toMatchObject({ size: 3 });
      await store.replace('a/b', text('three'));
      expect(Buffer.from(await store.get('a/b')).toString()).toBe('three');
      expect(await readdir(path.join(folder, 'new/archive/a'))).toEqual(['b']);
    }));

  it('lets one of many concurrent creators win', () =>
    inFolder(async (folder) => {
      const stores = Array.from({ length: 8 }, () => new LocalStore(folder));
      for (let round = 0; round < 10; round++) {
        const outcomes = await Promise.all(
          stores.map((store, i) => store.putIfAbsent(`r/${round}`, text(`writer ${i}`))),
        );
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
        const winner = outcomes.indexOf('created');
        expect(Buffer.from(await stores[0]!.get(`r/${round}`)).toString()).toBe(`writer ${winner}`);
      }
      expect(await readdir(path.join(folder, 'r'))).toHaveLength(10);
    }));

  it('hard-links a final file, refuses unexpected bytes, and detects changes of the object', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const bytes = randomBytes(1_500_001);
      const file = path.join(folder, 'stage.bin');
      await writeFile(file, bytes);
      await utimes(file, 1, 1);
      const good = { sha256: sha(bytes), size: bytes.length, final: true };
      await refusesOthers(store, folder, file, good);
      const before = Date.now();
      expect(await store.uploadIfAbsent('d/f', file, good)).toBe('created');
      expect(await store.uploadIfAbsent('d/f', file, good)).toBe('exists');
      const object = path.join(folder, 'archive/d/f');
      expect((await stat(object)).ino).toBe((await stat(file)).ino);
      // An object's age counts from its upload: old objects are not reused.
      expect((await store.stat('d/f'))?.modified).toBeGreaterThanOrEqual(before - 2000);
      expect(await store.holds('d/f', file, good)).toEqual(await store.stat('d/f'));
      await rm(file);
      expect(await store.sha256('d/f')).toBe(good.sha256);
      const other = { ...good, sha256: sha(text('')) };
      expect(await store.holds('d/f', file, other)).toBeUndefined();

      await writeFile(file, bytes);
      expect(await store.uploadIfAbsent('d/g', file, good)).toBe('created');
      const changed = Buffer.from(bytes);
      changed[9] = (changed[9] ?? 0) ^ 1;
      await writeFile(path.join(folder, 'archive/d/g'), changed);
      expect(await store.holds('d/g', file, good)).toBeUndefined();
    }));

  it('rereads a final file only if its identity has changed since the check', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const file = path.join(folder, 'stage.bin');
      await writeFile(file, 'rows');
      const expected = { sha256: sha(text('ROWS')), size: 4, final: true };
      const checked = fileIdentity(await stat(file));
      // An unchanged identity implies unchanged bytes: the wrong expectation shows that they are not read.
      expect(await store.uploadIfAbsent('d/f', file, { ...expected, checked })).toBe('created');
      await expect(store.uploadIfAbsent('d/g', file, { ...expected, checked })).rejects.toMatchObject({
        code: 'VERIFY_MISMATCH',
      });
      expect(await readdir(path.join(folder, 'archive/d'))).toEqual(['f']);
    }));

  (isElsewhere ? it : it.skip)('copies a final file from another file system [needs /dev/shm]', () =>
    inFolder(async (folder) => {
      const elsewhere = await mkdtemp(path.join(ELSEWHERE, 'parquetry-'));
      const file = path.join(elsewhere, 'stage.bin');
      await writeFile(file, 'rows');
      const store = new LocalStore(folder);
      const good = { sha256: sha(text('rows')), size: 4, final: true };
      expect(await store.uploadIfAbsent('d/f', file, good)).toBe('created');
      expect(await store.holds('d/f', file, good)).toEqual(await store.stat('d/f'));
      expect(await readdir(path.join(folder, 'd'))).toEqual(['f']);
      await rm(elsewhere, { recursive: true });
    }),
  );

  it('uploads a file, and refuses unexpected bytes without leaving anything', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const bytes = randomBytes(3_000_001);
      const file = path.join(folder, 'stage.bin');
      await writeFile(file, bytes);
      const good = { sha256: sha(bytes), size: bytes.length };
      await refusesOthers(store, folder, file, good);
      expect(await store.uploadIfAbsent('d/f', file, good)).toBe('created');
      expect(await store.uploadIfAbsent('d/f', file, good)).toBe('exists');
      expect(await store.sha256('d/f')).toBe(good.sha256);
      expect(Buffer.from(await store.getRange('d/f', 1_000_000, 10))).toEqual(
        bytes.subarray(1_000_000, 1_000_010),
      );
      expect(await store.getRange('d/f', 3_000_000, 10)).toHaveLength(1);
      expect(await store.getRange('d/f', 4_000_000, 10)).toHaveLength(0);
      await expect(store.getRange('d/f', -1, 10)).rejects.toMatchObject({ code: 'INTERNAL' });
    }));

  it('reports missing objects', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(folder);
      await expect(store.get('nothing')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      await expect(store.sha256('a/nothing')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      expect(await store.delete('nothing')).toBe(false);
      await store.putIfAbsent('x', text('x'));
      expect(await store.delete('x')).toBe(true);
      expect(await store.stat('x')).toBeUndefined();
    }));

  it('lists in key order, by string prefix, after a key, without temporary files', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(folder);
      const all = ['a-b', 'a/x', 'a/y/z', 'a0', 'b/_log/2', 'b/_log/10', 'é'];
      for (const key of all) await store.putIfAbsent(key, text(key));
      await writeFile(path.join(folder, 'a/.tmp-1-crashed'), 'half');
      expect(await keys(store)).toEqual([...all].sort(compareKeys));
      expect(await keys(store, 'a/')).toEqual(['a/x', 'a/y/z']);
      expect(await keys(store, 'a')).toEqual(['a-b', 'a/x', 'a/y/z', 'a0']);
      expect(await keys(store, 'b/_log/', 'b/_log/10')).toEqual(['b/_log/2']);
      expect(await keys(store, '', 'a/x')).toEqual(['a/y/z', 'a0', 'b/_log/10', 'b/_log/2', 'é']);
      expect(await keys(store, 'none/at/all')).toEqual([]);
      const folders: string[] = [];
      for await (const name of store.folders('')) folders.push(name);
      expect(folders).toEqual(['a', 'b']);
    }));

  it('lists any set of keys as an object store would', async () => {
    const part = fc.stringMatching(/^[ab.\-0]{1,2}$/).filter((name) => !name.endsWith('.'));
    const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), key, key, (wanted, prefix, after) =>
        inFolder(async (folder) => {
          const store = new LocalStore(folder);
          const made: string[] = [];
          for (const item of wanted) {
            if (made.some((other) => other.startsWith(`${item}/`) || item.startsWith(`${other}/`))) continue;
            await store.putIfAbsent(item, text(''));
            made.push(item);
          }
          const expected = made.sort(compareKeys).filter((item) => item.startsWith(prefix[0] ?? ''));
          expect(await keys(store, prefix[0])).toEqual(expected);
          expect(await keys(store, prefix[0], after)).toEqual(
            expected.filter((item) => compareKeys(item, after) > 0),
          );
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('refuses keys and links that leave the root', () =>
    inFolder(async (folder) => {
      const root = path.join(folder, 'archive');
      const outside = path.join(folder, 'outside');
      await mkdir(root);
      await mkdir(outside);
      await writeFile(path.join(outside, 'secret'), 'secret');
      await symlink(outside, path.join(root, 'link'));
      await symlink(path.join(outside, 'secret'), path.join(root, 'file'));
      await mkdir(path.join(root, 'real'));
      await symlink(path.join(root, 'real'), path.join(root, 'inner'));
      const store = new LocalStore(root);
      for (const key of ['../outside/secret', 'link/secret', 'file', 'link/new/deep'])
        for (const run of [
          () => store.get(key),
          () => store.putIfAbsent(key, text('x')),
          () => store.replace(key, text('x')),
          () => store.delete(key),
          () => store.stat(key),
          () => store.sha256(key),
        ])
          await expect(run()).rejects.toMatchObject({ code: 'KEY_INVALID' });
      expect(await readdir(outside)).toEqual(['secret']);
      expect(await store.putIfAbsent('inner/fine', text('x'))).toBe('created');
      await expect(keys(store, 'link/')).rejects.toMatchObject({ code: 'KEY_INVALID' });
      expect(() => store.localPath('../x')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
    }));

  it('refuses a pipe and a device without waiting for their end', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(folder);
      execFileSync('mkfifo', [path.join(folder, 'pipe')]);
      const read = async (): Promise<void> => {
        for await (const _ of store.read('pipe'));
      };
      for (const run of [
        () => store.get('pipe'),
        () => store.sha256('pipe'),
        () => store.getRange('pipe', 0, 1),
        read,
      ])
        await expect(run()).rejects.toMatchObject({
          code: 'KEY_INVALID',
          message: 'The object pipe is refused: it is a pipe or a device.',
        });
      expect(await store.stat('pipe')).toBeUndefined();
      await expect(localFile(store, 'pipe')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      // /dev itself as the root: the device is no link out of it.
      await expect(new LocalStore('/dev').get('zero')).rejects.toMatchObject({ code: 'KEY_INVALID' });
    }));

  it('gives other readers the path of a file only if no link leads out', () =>
    inFolder(async (folder) => {
      const root = path.join(folder, 'archive');
      const store = new LocalStore(root);
      await store.putIfAbsent('a/x.parquet', text('x'));
      await writeFile(path.join(folder, 'private.parquet'), 'private');
      await symlink(path.join(folder, 'private.parquet'), path.join(root, 'a/y.parquet'));
      await symlink(folder, path.join(root, 'b'));
      expect(await localFile(store, 'a/x.parquet')).toBe(path.join(root, 'a/x.parquet'));
      for (const key of ['a/y.parquet', 'b/private.parquet']) {
        await expect(localFile(store, key)).rejects.toMatchObject({ code: 'KEY_INVALID' });
        const object = { key, size: 7, sha256: '0'.repeat(64) };
        await expect(localCopy(store, object, folder)).rejects.toMatchObject({ code: 'KEY_INVALID' });
      }
      await expect(localFile(store, 'a/z.parquet')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    }));

  it('accepts a root behind a symbolic link', () =>
    inFolder(async (folder) => {
      await mkdir(path.join(folder, 'real'));
      await symlink(path.join(folder, 'real'), path.join(folder, 'link'));
      const store = new LocalStore(path.join(folder, 'link'));
      await store.putIfAbsent('a/b', text('x'));
      expect(await readdir(path.join(folder, 'real/a'))).toEqual(['b']);
    }));

  it('refuses a root that is a file, before and below', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'file');
      await writeFile(file, 'x');
      for (const root of [file, path.join(file, 'below')]) {
        const store = new LocalStore(root);
        await expect(store.putIfAbsent('a', text('x'))).rejects.toMatchObject({
          code: 'ARCHIVE_INVALID',
          exitCode: 2,
        });
        await expect(store.stat('a')).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
        await expect(keys(store)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
      }
    }));

  (isRoot ? it.skip : it)('reports missing permissions (skipped for the superuser)', () =>
    inFolder(async (folder) => {
      await chmod(folder, 0o500);
      await expect(new LocalStore(folder).putIfAbsent('a', text('x'))).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      await chmod(folder, 0o700);
    }),
  );

  it.each([
    ['EACCES', 'PERMISSION_DENIED', false],
    ['EROFS', 'PERMISSION_DENIED', false],
    ['ENOSPC', 'STORAGE_FULL', true],
    ['EDQUOT', 'STORAGE_FULL', true],
    ['EIO', 'STORAGE_UNREACHABLE', true],
  ])('maps %s to %s', (system, code, retryable) => {
    const fault = localFault(Object.assign(new Error(system), { code: system }), 'write', 'x');
    expect(fault).toMatchObject({ code, retryable });
  });
});

describe('openStore', () => {
  it('opens paths and file URIs and expands ~', () => {
    expect(openStore('./x').uri).toBe(path.resolve('x'));
    expect(openStore('file:///data/x').uri).toBe('/data/x');
    expect(expandPath('~/x')).toBe(path.join(homedir(), 'x'));
    expect(openStore('~').uri).toBe(homedir());
  });

  it('opens buckets without a request to the service', () => {
    expect(openStore('s3://bucket/a//b/').uri).toBe('s3://bucket/a/b');
    expect(openStore('gs://bucket').uri).toBe('gs://bucket');
    expect(openStore('s3://bucket/x').localPath('k')).toBeUndefined();
  });

  it.each([
    ['s3://AKIA:hunter2@bucket/x', 'CONFIG_INVALID'],
    ['s3://bucket/x?secret=hunter2', 'CONFIG_INVALID'],
    ['gs://bucket/x#hunter2', 'CONFIG_INVALID'],
    ['s3://b%20/x', 'CONFIG_INVALID'],
    ['s3://bucket/a/../b', 'KEY_INVALID'],
    ['gs://bucket/nul', 'KEY_INVALID'],
  ])('refuses %s', (uri, code) => {
    let error: unknown;
    try {
      openStore(uri);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });
});

describe('assertCase', () => {
  it.each([
    ['Events/x', 'events/x'],
    ['é', 'e\u0301'],
  ])('refuses %s where the disk has %s', (asked, real) => {
    expect(() => assertCase(asked, real, asked)).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
  });

  it('accepts equal paths, and links to another folder of the archive', () => {
    expect(() => assertCase('a/b', 'a/b', 'a/b')).not.toThrow();
    expect(() => assertCase('link/b', 'real/b', 'link/b')).not.toThrow();
  });
});

describe('unfinished uploads', () => {
  it('refuses to abort what is not a temporary file', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(folder);
      await store.putIfAbsent('a/b', text('x'));
      for (const upload of [
        { key: 'a/b', id: 'b', started: 0 },
        { key: 'a/b', id: '.tmp-1', started: 0 },
        { key: '../.tmp-1', id: '.tmp-1', started: 0 },
      ])
        await expect(store.abortUpload(upload)).rejects.toMatchObject({ code: 'KEY_INVALID' });
      expect(await store.stat('a/b')).toBeDefined();
    }));
});
