import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LocalLakeStore } from './store';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-lake-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a local lake', () => {
  it('returns objects, undefined for a missing object, and a coded error for an unreadable one', async () => {
    await writeFile(path.join(dir, 'a'), 'object');
    await mkdir(path.join(dir, 'folder'));
    const lake = new LocalLakeStore(dir);
    expect(String(await lake.get('a'))).toBe('object');
    expect(await lake.get('none')).toBeUndefined();
    expect(await lake.get('a/below')).toBeUndefined();
    // Reading a device would not end.
    await symlink('/dev/zero', path.join(dir, 'zero'));
    for (const object of ['folder', 'zero'])
      await expect(lake.get(object)).rejects.toMatchObject({ code: 'SOURCE_CORRUPT', details: { object } });
    await rm(path.join(dir, 'zero'));
    expect(await lake.list('')).toEqual(['a', 'folder/']);
  });
});
