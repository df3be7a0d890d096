import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OWNER_FILE, isAbandoned, isOwn, readOwner } from './owner';
import { self } from './process';

const root = mkdtempSync(path.join(tmpdir(), 'parquetry-owner-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An invalid pid, beyond the largest one. */
const dead = { ...self(), pid: 2 ** 22 + 1 };

describe('isAbandoned', () => {
  it.each([
    ['of a running process', JSON.stringify(self()), 60, false],
    ['of a dead process', JSON.stringify(dead), 0, true],
    ['of a process on another machine', JSON.stringify({ ...dead, host: 'elsewhere' }), 60, false],
    ['of a process that is starting', undefined, 5, false],
    ['of a process that died before it wrote its owner file', undefined, 11, true],
    ['of a process that is writing its owner file', '{"pid": 1', 5, false],
    ['of a process that died while it wrote its owner file', '{"pid": 1', 11, true],
  ])('judges a folder %s', async (name, owner, minutes, expected) => {
    const dir = path.join(root, name.replaceAll(' ', '-'));
    mkdirSync(dir);
    if (owner !== undefined) writeFileSync(path.join(dir, OWNER_FILE), owner);
    const changed = new Date(Date.now() - minutes * 60_000);
    utimesSync(dir, changed, changed);
    expect(await isAbandoned(dir)).toBe(expected);
    expect(await readOwner(dir)).toBe(owner ?? '');
  });

  it('is false for a folder that does not exist', async () => {
    expect(await isAbandoned(path.join(root, 'missing'))).toBe(false);
  });
});

it.each([
  ['of this process, whatever else the file says', JSON.stringify({ ...self(), workflowId: 'w' }), true],
  ['of an earlier process with the same pid', JSON.stringify({ ...self(), born: '1' }), false],
  ['of a process on another machine', JSON.stringify({ ...self(), host: 'elsewhere' }), false],
  ['without an owner', '', false],
])('isOwn judges a folder %s', async (name, owner, expected) => {
  const dir = path.join(root, `own-${name.replaceAll(' ', '-')}`);
  mkdirSync(dir);
  writeFileSync(path.join(dir, OWNER_FILE), owner);
  expect(await isOwn(dir)).toBe(expected);
});
