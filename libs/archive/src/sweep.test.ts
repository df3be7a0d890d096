import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { Archive } from './archive';
import { REUSE_MS } from './upload';
import { IDENTITY, inFolder, plainDraft } from './testing/fixture';

const DAY_MS = 24 * 3_600_000;

/** An archive on disk, its dataset, and a function that makes an object older. */
async function opened(folder: string): Promise<{
  store: LocalStore;
  age: (key: string, days: number) => Promise<void>;
  events: ReturnType<Archive['dataset']>;
}> {
  const store = new LocalStore(path.join(folder, 'archive'));
  const events = (await Archive.open(store, { create: IDENTITY })).dataset('events');
  const age = async (key: string, days: number): Promise<void> => {
    const time = new Date(Date.now() - days * DAY_MS);
    await utimes(store.localPath(key), time, time);
  };
  return { store, age, events };
}

describe('sweep', () => {
  it('deletes old files that no commit references, and nothing else', () =>
    inFolder(async (folder) => {
      const { store, age, events } = await opened(folder);
      const { files } = await events.publish(await plainDraft(folder, { start: 10, end: 19 }));
      const live = files[0]?.key ?? '';
      const orphan = live.replace('10-19', '20-29');
      await store.putIfAbsent(orphan, Buffer.from('of a crash'));
      const week = Date.now() - 7 * DAY_MS;
      expect(await events.sweep(orphan, week)).toBe(false);
      for (const key of [live, orphan]) await age(key, 10);
      expect(await events.sweep(live, week)).toBe(false);
      expect(await events.sweep('events/_delta_log/00000000000000000000.json', week)).toBe(false);
      expect(await events.sweep(`other/${orphan}`, week)).toBe(false);
      // A grace period that is too short is refused: a publish may be about to reuse the file.
      expect(await events.sweep(orphan, Date.now() - REUSE_MS)).toBe(false);
      expect(await events.sweep(orphan, week)).toBe(true);
      expect(await events.sweep(orphan, week)).toBe(false);
      expect(await store.stat(live)).toBeDefined();
    }));

  it('deletes replaced files after their retention', () =>
    inFolder(async (folder) => {
      const { age, events } = await opened(folder);
      const range = { start: 10, end: 19 };
      const first = await events.publish(await plainDraft(folder, range, { text: 'a' }));
      await events.publish(await plainDraft(folder, range, { text: 'b', mode: 'replace' }));
      const key = first.files[0]?.key ?? '';
      await age(key, 10);
      // The file is old, but its replacement is not: readers of the older version may still use it.
      expect(await events.sweep(key, Date.now() - 7 * DAY_MS)).toBe(false);
    }));
});

describe('publish next to a file that a crash left', () => {
  it('reuses a recent file and avoids an old one, which the garbage collector may delete at any time', () =>
    inFolder(async (folder) => {
      const { store, age, events } = await opened(folder);
      for (const [start, days] of [
        [10, 0],
        [20, 3],
      ] as const) {
        const draft = await plainDraft(folder, { start, end: start + 9 });
        const file = draft.files[0];
        if (file === undefined) throw new Error('no file');
        const seconds = Math.floor(file.lastCloseTimeMicros / 1e6);
        const key = `events/${file.folder.path}/stellar-data-${start}-${start + 9}-${seconds}.parquet`;
        await store.uploadIfAbsent(key, file.localPath, { sha256: file.sha256, size: file.size });
        await age(key, days);
        const { files } = await events.publish(draft);
        expect(files[0]?.key === key).toBe(days === 0);
      }
    }));

  it('keeps a live file with the same bytes, however old', () =>
    inFolder(async (folder) => {
      const { age, events } = await opened(folder);
      const range = { start: 10, end: 19 };
      const first = await events.publish(await plainDraft(folder, range));
      const key = first.files[0]?.key ?? '';
      await age(key, 30);
      const again = await plainDraft(folder, range, { mode: 'replace', contentHash: 'f'.repeat(64) });
      expect((await events.publish(again)).files[0]?.key).toBe(key);
    }));
});
