import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readLakeConfig } from './lake';
import { LocalLakeStore } from './store';

describe('lake configuration', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'parquetry-lake-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const read = () => readLakeConfig(new LocalLakeStore(root));
  const manifest = (value: unknown) =>
    writeFile(path.join(root, '.config.json'), typeof value === 'string' ? value : JSON.stringify(value));
  const good = {
    networkPassphrase: 'N',
    version: '1.0',
    compression: 'zstd',
    ledgersPerBatch: 64,
    batchesPerPartition: 1000,
  };

  it('comes from the manifest, of any version', async () => {
    await manifest({ ...good, version: '9.9' });
    expect(await read()).toEqual({
      layout: { ledgersPerBatch: 64, batchesPerPartition: 1000 },
      extensions: ['zst', 'zstd'],
      network: 'N',
    });
  });

  it.each([
    ['{', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    [{ ...good, compression: 'gzip' }, 'only zstd is supported'],
    [{ ...good, ledgersPerBatch: 0 }, 'needs ledgersPerBatch'],
    [{ ...good, ledgersPerBatch: '1' }, 'needs ledgersPerBatch'],
    [{ ...good, batchesPerPartition: -1 }, 'needs batchesPerPartition'],
    [{ ...good, batchesPerPartition: 1.5 }, 'needs batchesPerPartition'],
    [{ ...good, ledgersPerBatch: 65536, batchesPerPartition: 65536 }, 'wider than 32 bits'],
    [{ ...good, networkPassphrase: 7 }, 'not a string'],
  ])('refuses the manifest %j', async (value, why) => {
    await manifest(value);
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    await expect(read()).rejects.toThrow(why);
  });

  it('is derived from object names when an old lake has no manifest', async () => {
    await writeFile(path.join(root, 'FCD285FF--53312000.xdr.zstd'), '');
    expect(await read()).toEqual({
      layout: { ledgersPerBatch: 1, batchesPerPartition: 1 },
      extensions: ['zstd', 'zst'],
    });
  });

  it('is derived from partition folders, whose names give the width', async () => {
    await mkdir(path.join(root, 'FFFFFF9B--100-199'));
    await writeFile(path.join(root, 'FFFFFF9B--100-199', 'FFFFFF69--150-199.xdr.zst'), '');
    expect((await read()).layout).toEqual({ ledgersPerBatch: 50, batchesPerPartition: 2 });
    await mkdir(path.join(root, 'FFFFFFFF--0-99'));
    expect((await read()).layout).toEqual({ ledgersPerBatch: 50, batchesPerPartition: 2 });
  });

  it('is refused for a folder that is not a lake', async () => {
    await writeFile(path.join(root, 'notes.txt'), '');
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  });

  it('is refused when the folder does not exist', async () => {
    const store = new LocalLakeStore(path.join(root, 'nowhere'));
    await expect(readLakeConfig(store)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND', exitCode: 2 });
    await writeFile(path.join(root, 'file'), '');
    await expect(readLakeConfig(new LocalLakeStore(path.join(root, 'file')))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
  });
});
