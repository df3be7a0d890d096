import { mkdtemp, open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileIdentity, sameFile } from './fileidentity';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parquetry-mark-'));
  file = path.join(folder, 'file');
  await writeFile(file, 'content');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Whether the file has the mark of before, after so much time that every clock has moved on. */
async function keepsMark(change: () => Promise<unknown>): Promise<boolean> {
  const before = fileIdentity(await stat(file));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await change();
  return sameFile(before, JSON.parse(JSON.stringify(fileIdentity(await stat(file)))) as typeof before);
}

test('a file keeps its identity while it is only read', async () => {
  expect(await keepsMark(async () => (await open(file)).close())).toBe(true);
});

test.each([
  ['other bytes of the same size', () => writeFile(file, 'CONTENT')],
  [
    'other bytes with the times of before',
    async () => {
      const { atime, mtime } = await stat(file);
      await writeFile(file, 'CONTENT');
      await utimes(file, atime, mtime);
    },
  ],
  [
    'another file in its place',
    async () => {
      await writeFile(`${file}.new`, 'content');
      await rename(`${file}.new`, file);
    },
  ],
])('%s change it', async (_, change) => {
  expect(await keepsMark(change)).toBe(false);
});
