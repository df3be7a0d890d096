import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { LocalStore } from '@parquetry/storage';
import { IDENTITY, inFolder, plainDraft } from '../../libs/archive/src/testing/fixture';
import { collectWaste, findWaste } from '../../libs/audit/src/waste';

const DAY_MS = 24 * 3_600_000;

it('reports files that a restore of the log may need, but does not collect them', () =>
  inFolder(async (folder) => {
    const store = new LocalStore(path.join(folder, 'archive'));
    const events = (await Archive.open(store, { create: IDENTITY })).dataset('events');
    await events.publish(await plainDraft(folder, { start: 10, end: 19 }));
    const { files } = await events.publish(await plainDraft(folder, { start: 20, end: 29 }));
    const lost = files[0]?.key ?? '';
    const orphan = lost.replace('20-29', '30-39');
    await store.putIfAbsent(orphan, Buffer.from('of a crash'));
    const old = new Date(Date.now() - 10 * DAY_MS);
    for (const key of [lost, orphan]) await utimes(store.localPath(key), old, old);
    await store.delete('events/_delta_log/00000000000000000001.json');
    const archive = await Archive.open(store);
    const found: [string, string, boolean][] = [];
    for await (const { kind, key, message } of findWaste(archive, store))
      found.push([kind, key, message.includes('parquetry restore')]);
    expect(found).toEqual([
      ['ORPHAN_FILE', lost, true],
      ['ORPHAN_FILE', orphan, false],
    ]);
    const collected: [string, string][] = [];
    for await (const { key, action } of collectWaste(archive, store, { before: Date.now() - 7 * DAY_MS }))
      collected.push([key, action]);
    expect(collected).toEqual([[orphan, 'removed']]);
    expect(await store.stat(lost)).toBeDefined();
  }));

it('collects the plans of merges once their day is over', () =>
  inFolder(async (folder) => {
    const store = new LocalStore(path.join(folder, 'archive'));
    const archive = await Archive.open(store, { create: IDENTITY });
    const key = (name: string): string => `_parquetry/compactions/${name.repeat(32)}.json`;
    for (const name of ['a', 'b', 'c']) await store.putIfAbsent(key(name), Buffer.from('{}'));
    for (const [name, days] of [
      ['a', 8],
      ['b', 2],
    ] as const) {
      const time = new Date(Date.now() - days * DAY_MS);
      await utimes(store.localPath(key(name)), time, time);
    }
    const collected: string[][] = [];
    for await (const { kind, key: found, action } of collectWaste(archive, store, {
      before: Date.now() - 7 * DAY_MS,
    }))
      collected.push([kind, found, action]);
    expect(collected).toEqual([
      ['OLD_PLAN', key('a'), 'removed'],
      ['OLD_PLAN', key('b'), 'too young'],
    ]);
    expect(await store.stat(key('a'))).toBeUndefined();
  }));
