import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from './archive';
import { markerKey } from './restore/marker';
import type { SegmentDraft } from './draft';
import { restoreLog } from './restore/restore';
import { REUSE_MS } from './upload';
import { duckCheckpointWriter } from './testing/duck';
import { compactionOf, IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from './testing/fixture';

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

/** Does something else once the records of segments were listed. */
class Interrupted extends LocalStore {
  ran = false;

  constructor(
    folder: string,
    private readonly meanwhile: () => Promise<void>,
  ) {
    super(folder);
  }

  override async *list(...args: Parameters<LocalStore['list']>): ReturnType<LocalStore['list']> {
    yield* super.list(...args);
    if (this.ran || !args[0].includes('segments/')) return;
    this.ran = true;
    await this.meanwhile();
  }
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

  it('keeps a file that is committed under the name of an old one while the clean-up decides about that', () =>
    inFolder(async (folder) => {
      const draft = (): Promise<SegmentDraft> => plainDraft(folder, { start: 20, end: 29 });
      const named = await (await opened(path.join(folder, 'other'))).events.publish(await draft());
      const key = named.files[0]?.key ?? '';
      const { age, events, store } = await opened(folder);
      await events.publish(await plainDraft(folder, { start: 10, end: 19 }));
      await store.putIfAbsent(key, Buffer.from('of a crash'));
      await age(key, 10);
      const slow = new Interrupted(path.join(folder, 'archive'), async () => {
        await store.delete(key);
        await events.publish(await draft());
      });
      const week = Date.now() - 7 * DAY_MS;
      expect(await (await Archive.open(slow)).dataset('events').sweep(key, week)).toBe(false);
      expect(slow.ran).toBe(true);
      expect((await events.snapshot()).files.map((file) => file.key)).toContain(key);
      expect(await store.stat(key)).toBeDefined();
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

describe('sweep after a checkpoint without tombstones', () => {
  it('keeps files that were replaced in the grace period, by a replacement or a merge', () =>
    inFolder(async (folder) => {
      const { store, age } = await opened(folder);
      let days = 60;
      const clock = (): number => Date.now() - days * DAY_MS;
      const open = async (): Promise<ReturnType<Archive['dataset']>> =>
        (await Archive.open(store, { clock, checkpointWriter: duckCheckpointWriter })).dataset('events');
      const events = await open();
      const old: string[] = [];
      const publish = async (start: number, end: number, rest: Partial<SegmentDraft> = {}): Promise<void> => {
        const draft = await plainDraft(folder, { start, end }, { text: `${days}`, ...rest });
        for (const { key } of (await events.publish(draft)).files) {
          await age(key, days);
          old.push(key);
        }
      };
      for (const start of [10, 20, 30]) await publish(start, start + 9);
      const orphan = (old[0] ?? '').replace('10-19', '40-49');
      await store.putIfAbsent(orphan, Buffer.from('of a crash'));
      await age(orphan, days);
      days = 20;
      await publish(30, 39, { mode: 'replace' });
      days = 10;
      await publish(10, 29, await compactionOf(events, { start: 10, end: 29 }));
      days = 1;
      await events.checkpoint({ force: true });
      days = 0;
      const reader = await open();
      expect((await reader.snapshot()).removed).toEqual([]);
      const swept = async (grace: number): Promise<string[]> => {
        const gone: string[] = [];
        for (const key of [...old, orphan])
          if (await reader.sweep(key, clock() - grace * DAY_MS)) gone.push(key);
        return gone;
      };
      expect(await swept(30)).toEqual([orphan]);
      expect((await reader.snapshotAt({ version: 2 })).files).toHaveLength(3);
      expect(await swept(15)).toEqual([old[2]]);
      expect(await swept(7)).toEqual([old[0], old[1]]);
    }));
});

describe('sweep of a dataset whose log lost commits', () => {
  const week = (): number => Date.now() - 7 * DAY_MS;
  const log = (version: number): string => `events/_delta_log/${String(version).padStart(20, '0')}.json`;

  it('keeps the files of recorded segments whose ledgers the log lost, and a restore brings them back', () =>
    inFolder(async (folder) => {
      const { store, age, events } = await opened(folder);
      const archive = await Archive.open(store);
      await archive.registry.register('events', SMALL_SCHEMA);
      const keys: string[] = [];
      for (const start of [10, 20]) {
        const { files } = await events.publish(await plainDraft(folder, { start, end: start + 9 }));
        keys.push(files[0]?.key ?? '');
        await age(keys.at(-1) ?? '', 10);
      }
      const [first = '', second = ''] = keys;
      await store.delete(log(1));
      expect([await events.isNeeded(second), await events.sweep(second, week())]).toEqual([true, false]);
      await store.delete(log(0));
      expect([await events.sweep(first, week()), await events.sweep(second, week())]).toEqual([false, false]);
      await restoreLog(archive, 'events', { dryRun: false });
      expect((await events.snapshot()).files.map(({ key }) => key)).toEqual(keys);
    }));

  it('keeps the files of a lost merge whose parts were deleted', () =>
    inFolder(async (folder) => {
      const { store, age, events } = await opened(folder);
      for (const start of [10, 20]) await events.publish(await plainDraft(folder, { start, end: start + 9 }));
      const whole = { start: 10, end: 29 };
      const merge = await plainDraft(folder, whole, await compactionOf(events, whole));
      const { files, replaced } = await events.publish(merge);
      const key = files[0]?.key ?? '';
      await age(key, 10);
      const other = (await Archive.open(store)).dataset('events');
      await store.delete(log(2));
      // The parts are still there, so the merge is garbage.
      expect(await other.isNeeded(key)).toBe(false);
      for (const part of replaced) await store.delete(part);
      expect([await other.isNeeded(key), await other.sweep(key, week())]).toEqual([true, false]);
    }));

  it('keeps everything while a restore is unfinished', () =>
    inFolder(async (folder) => {
      const { store, age, events } = await opened(folder);
      const { files } = await events.publish(await plainDraft(folder, { start: 10, end: 19 }));
      const orphan = (files[0]?.key ?? '').replace('10-19', '20-29');
      await store.putIfAbsent(orphan, Buffer.from('of a crash'));
      await age(orphan, 10);
      await store.putIfAbsent(markerKey('events'), Buffer.from('{"exclude":[]}'));
      expect([await events.isNeeded(orphan), await events.sweep(orphan, week())]).toEqual([true, false]);
      await store.delete(markerKey('events'));
      expect([await events.isNeeded(orphan), await events.sweep(orphan, week())]).toEqual([false, true]);
    }));

  it('still deletes what an attempt recorded whose ledgers another one committed', () =>
    inFolder(async (folder) => {
      const { store, age, events } = await opened(folder);
      const ends: ObjectStore = Object.create(store, {
        putIfAbsent: {
          value: (key: string, bytes: Uint8Array) =>
            key.includes('_delta_log') ? Promise.reject(new Error('ended')) : store.putIfAbsent(key, bytes),
        },
      }) as ObjectStore;
      const range = { start: 10, end: 19 };
      const left = await plainDraft(folder, range, { text: 'left' });
      const attempt = (await Archive.open(ends)).dataset('events');
      await expect(attempt.publish(left)).rejects.toThrow('ended');
      const orphans: string[] = [];
      for await (const { key } of store.list('events/')) orphans.push(key);
      const [orphan = ''] = orphans;
      await age(orphan, 10);
      await events.publish(await plainDraft(folder, { start: 20, end: 29 }));
      expect(await events.sweep(orphan, week())).toBe(false);
      await events.publish(await plainDraft(folder, range, { text: 'committed' }));
      expect(await events.sweep(orphan, week())).toBe(true);
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
