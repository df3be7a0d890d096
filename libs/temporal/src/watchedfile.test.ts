import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withoutSecrets } from '@parquetry/core';
import { watchedFile } from './watchedfile';

const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-watched-'));
const file = path.join(dir, 'folder', 'key');
beforeEach(() => {
  mkdirSync(path.dirname(file));
  writeFileSync(file, 'first-secret-value');
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(path.dirname(file), { recursive: true });
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Reads as if the last look at the file was long ago. */
function later(read: (() => string) | undefined): string | undefined {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + 5_000);
  return read?.();
}

it('follows the file, and hides each of its values in texts', () => {
  const read = watchedFile(file, (content) => content);
  writeFileSync(file, 'second-secret-value!');
  expect(later(read)).toBe('second-secret-value!');
  expect(withoutSecrets('first-secret-value, second-secret-value!', {})).toBe('***, ***');
});

it('keeps the last value while the file can not be looked at', () => {
  const read = watchedFile(file, (content) => content);
  renameSync(path.dirname(file), `${path.dirname(file)}.away`);
  // Looking at a file below a link to itself is an error, as it is in a folder without permission.
  symlinkSync('folder', path.dirname(file));
  expect(later(read)).toBe('first-secret-value');
  rmSync(path.dirname(file));
  renameSync(`${path.dirname(file)}.away`, path.dirname(file));
  writeFileSync(file, 'second-secret-value!');
  expect(later(read)).toBe('second-secret-value!');
});
