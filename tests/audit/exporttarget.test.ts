import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { FlakyStore } from '../../libs/archive/src/testing/flaky';
import { ExportTarget } from '../../apps/cli/src/export/target';

const NEW = { overwrite: false, resume: false };
const OVERWRITE = { overwrite: true, resume: false };
const RESUME = { overwrite: false, resume: true };

describe('a target that is overwritten', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'parquetry-export-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  /** Exports one file per name. */
  const write = async (
    store: ObjectStore,
    names: readonly string[],
    options: typeof NEW,
    request: object = { names },
  ): Promise<void> => {
    const target = await ExportTarget.open(store, request, options);
    await target.begin({ request, versions: { events: 1 }, planned: names });
    const files: object[] = [];
    for (const name of names) {
      const local = path.join(root, 'local');
      await writeFile(local, name);
      const identity = { sha256: createHash('sha256').update(name).digest('hex'), size: name.length };
      files.push(await target.put(local, identity, { path: name, rows: 1, copied: false }));
    }
    await target.finish({ datasets: [{ files }] });
  };
  const keys = async (store: ObjectStore): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list('')) found.push(key);
    return found.sort();
  };

  it('keeps the earlier export until the new one begins', async () => {
    const store = new LocalStore(path.join(root, 'out'));
    await write(store, ['a/1.csv', 'a/2.csv'], NEW);
    const before = await keys(store);
    // As a command that is refused after it opened the target, because ledgers are missing.
    await ExportTarget.open(store, { names: ['b.csv'] }, OVERWRITE);
    expect(await keys(store)).toEqual(before);
    await write(store, ['b.csv'], OVERWRITE);
    expect(await keys(store)).toEqual(['_export.json', 'b.csv']);
    await store.putIfAbsent('other.txt', Buffer.from('x'));
    await expect(write(store, ['c.csv'], OVERWRITE)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('other.txt'),
    });
    expect(await keys(store)).toEqual(['_export.json', 'b.csv', 'other.txt']);
  });

  it.each([
    ['overwritten again', ['c.csv'], OVERWRITE],
    ['continued', ['a/2.csv', 'b.csv'], RESUME],
  ])('is %s after a crash at any operation', async (_, names, options) => {
    let crashes = 0;
    for (let at = 0, ended = false; !ended; at++)
      for (const when of ['before', 'after'] as const) {
        const store = new LocalStore(path.join(root, `${at}-${when}`));
        await write(store, ['a/1.csv', 'a/2.csv'], NEW);
        const flaky = new FlakyStore(store, at, when);
        ended = await write(flaky, ['a/2.csv', 'b.csv'], OVERWRITE).then(
          () => true,
          () => false,
        );
        if (!ended) crashes += 1;
        // Before the new export began, or after it ended, there is nothing to continue.
        const begun = (await store.stat('_export.state.json')) !== undefined;
        await write(store, names, begun ? options : OVERWRITE);
        expect({ at, when, keys: await keys(store) }).toEqual({ at, when, keys: ['_export.json', ...names] });
      }
    expect(crashes).toBeGreaterThan(20);
  });
});
