import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Committed, download } from './download';
import { LocalStore } from './local';
import { fileIdentity } from './temp';

const BODY = Buffer.alloc(3_000_000, 'abc');
const WHOLE = { size: BODY.length, sha256: createHash('sha256').update(BODY).digest('hex') };
let dir: string;
let store: LocalStore;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-download-'));
  store = new LocalStore(path.join(dir, 'root'));
  await store.putIfAbsent('a', BODY);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function load(committed: Committed, times = 1, signal?: AbortSignal): Promise<Buffer> {
  const target = path.join(dir, 'loaded');
  await rm(target, { force: true });
  const file = await open(target, 'wx');
  try {
    for (let time = 0; time < times; time++)
      expect(await download(store, 'a', committed, file, signal)).toBe(BODY.length);
  } finally {
    await file.close();
  }
  return readFile(target);
}

describe('download', () => {
  it('appends the committed bytes, with or without a known size', async () => {
    expect((await load(WHOLE)).equals(BODY)).toBe(true);
    expect((await load({ sha256: WHOLE.sha256 }, 2)).equals(Buffer.concat([BODY, BODY]))).toBe(true);
  });

  it.each<[string, Committed, RegExp]>([
    ['other bytes', { sha256: 'ab'.repeat(32) }, /has sha256 [0-9a-f]{64}, expected abab/],
    ['more bytes', { ...WHOLE, size: 10 }, /more than 10 bytes, expected 10 bytes/],
    ['fewer bytes', { ...WHOLE, size: 4_000_000 }, /3000000 bytes, expected 4000000 bytes/],
  ])('refuses an object of %s', async (_, committed, message) => {
    await expect(load(committed)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringMatching(message) as string,
    });
  });

  it('ends at an abort', async () => {
    const reason = new Error('enough');
    await expect(load(WHOLE, 1, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

it('fileIdentity describes a file to the store, and reports a missing file', async () => {
  const file = store.localPath('a');
  expect(await fileIdentity(file)).toEqual(WHOLE);
  await expect(fileIdentity(`${file}.gone`)).rejects.toMatchObject({ code: 'STAGE_LOST' });
  await expect(fileIdentity(file, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
});
