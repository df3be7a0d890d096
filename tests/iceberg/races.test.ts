import { REUSE_MS } from '@parquetry/archive';
import type { ObjectStore } from '@parquetry/storage';
import { takeTurns } from '../../libs/archive/src/testing/turns';
import { inFolder } from '../../libs/archive/src/testing/fixture';
import { Location } from '../../libs/iceberg/src/location';
import { rebuildIceberg } from '../../libs/iceberg/src/rebuild';
import { keepExisting } from '../../libs/iceberg/src/snapshots';
import { hasIceberg, syncIceberg } from '../../libs/iceberg/src/sync';
import { MemoryStore } from './memory';
import { commit, filesOf, liveKeys, metadataOf, open } from './table';

/** More operations than a sync, or a rebuild, of these tables takes. */
const SYNC = 32;
const REBUILD = 52;
/** Ends a schedule: the second writer runs to its end. */
const SECOND = Array<number>(200).fill(1);

/** What a reader sees who has only the hint; checks that every object exists. */
async function seen(store: ObjectStore): Promise<string[] | undefined> {
  const archive = await open(store);
  const metadata = await metadataOf(archive);
  return (await filesOf(archive, metadata))[metadata['current-snapshot-id'] - 1];
}

const live = async (store: ObjectStore): Promise<string[]> => liveKeys(await open(store));

/** Three commits with their table, and perhaps one more commit. */
async function prepare(folder: string, more = false): Promise<MemoryStore> {
  const store = new MemoryStore();
  const archive = await open(store);
  for (const start of [10, 20, 30]) {
    await commit(archive, folder, start, start + 9);
    await syncIceberg(archive, 'events');
  }
  if (more) await commit(archive, folder, 40, 49);
  return store;
}

/** What a worker does: a commit that replaces a file, the sync, the removal of the replaced file. */
async function replaceOne(store: ObjectStore, folder: string): Promise<void> {
  const archive = await open(store);
  const { replaced } = await commit(archive, folder, 20, 29, { text: 'other', mode: 'replace' });
  if (await hasIceberg(archive, 'events')) await syncIceberg(archive, 'events');
  await archive.dataset('events').retire(replaced);
}

const sync = async (store: ObjectStore): Promise<void> => {
  await syncIceberg(await open(store), 'events');
};

const rebuild = async (store: ObjectStore): Promise<void> => {
  await rebuildIceberg(await open(store), 'events');
};

describe('a rebuild', () => {
  it('and a worker that commits at any moment of it leave a complete table of the newest version', () =>
    inFolder(async (folder) => {
      const prepared = await prepare(folder);
      for (let at = 0; at < REBUILD; at++) {
        const store = prepared.copy();
        const writers = [{ run: rebuild }, { run: (own: ObjectStore) => replaceOne(own, folder) }];
        const schedule = [...Array<number>(at).fill(0), ...SECOND];
        for (const outcome of await takeTurns(store, writers, schedule))
          expect(outcome.status).toBe('fulfilled');
        expect(await seen(store)).toEqual(await live(store));
      }
    }));

  it('that begins and pauses at any moment of the sync of a worker leaves a complete table of the newest version', () =>
    inFolder(async (folder) => {
      const prepared = await prepare(folder, true);
      for (let at = 0; at < SYNC; at += 3)
        for (let steps = 2; steps < REBUILD; steps += 7) {
          const store = prepared.copy();
          const schedule = [
            ...Array<number>(at).fill(0),
            ...Array<number>(steps).fill(1),
            ...Array<number>(100).fill(0),
          ];
          for (const outcome of await takeTurns(store, [{ run: sync }, { run: rebuild }], schedule))
            expect(outcome.status).toBe('fulfilled');
          expect(await seen(store)).toEqual(await live(store));
        }
    }));

  it.each(['before', 'after'] as const)('that crashes %s any operation takes no table away', (when) =>
    inFolder(async (folder) => {
      const prepared = await prepare(folder);
      for (let at = 0; at < REBUILD; at++) {
        const store = prepared.copy();
        await takeTurns(store, [{ run: rebuild, crash: { at, when } }], []);
        expect(await seen(store)).toEqual(await live(store));
      }
    }),
  );
});

describe('the hint', () => {
  it.each([undefined, 'before', 'after'] as const)(
    'does not stay at an older version than a sync that was slow (crash: %s)',
    (when) =>
      inFolder(async (folder) => {
        const prepared = await prepare(folder, true);
        for (let at = 0; at < SYNC; at++) {
          const store = prepared.copy();
          const fast = async (own: ObjectStore): Promise<void> => {
            await replaceOne(own, folder);
            // The worker of this commit is lost before its sync.
            await commit(await open(own), folder, 50, 59);
          };
          const crash = when === undefined ? {} : { crash: { at: at + 1, when } };
          const schedule = [...Array<number>(at).fill(0), ...SECOND];
          await takeTurns(store, [{ run: sync, ...crash }, { run: fast }], schedule);
          if (when !== undefined) await sync(store);
          const { 'current-snapshot-id': current } = await metadataOf(await open(store));
          expect(current).toBeGreaterThanOrEqual(5);
          // Every file that it names exists, also after the replaced one was removed.
          await seen(store);
        }
      }),
  );

  it('that names metadata which is gone is lowered to the newest version', () =>
    inFolder(async (folder) => {
      const store = await prepare(folder);
      await store.replace(new Location(store, 'events').hint, Buffer.from('9'));
      await sync(store);
      expect(await seen(store)).toEqual(await live(store));
    }));
});

describe('a sync', () => {
  it('ends with an error when the store never replaces the hint', () =>
    inFolder(async (folder) => {
      const store = await prepare(folder, true);
      store.replaceIf = () => Promise.resolve(false);
      await expect(sync(store)).rejects.toMatchObject({ code: 'COMMIT_CONTENDED' });
    }));

  it('writes again what gc may be about to remove: an old object that nothing names', async () => {
    const store = new MemoryStore();
    const put = keepExisting(store);
    const written = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 2 * REUSE_MS);
    await put('manifest', Buffer.from('entries'));
    written.mockRestore();
    const before = Date.now();
    expect(await put('manifest', Buffer.from('entries'))).toBe(7);
    const renewed = (await store.stat('manifest'))?.modified ?? 0;
    expect(renewed).toBeGreaterThanOrEqual(before);
    // Another program may have written the same entries in other bytes.
    expect(await put('manifest', Buffer.from('entries, other bytes'))).toBe(7);
    expect((await store.stat('manifest'))?.modified).toBe(renewed);
  });
});
