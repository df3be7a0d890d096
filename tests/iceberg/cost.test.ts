import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inFolder } from '../../libs/archive/src/testing/fixture';
import { followIceberg } from '../../libs/iceberg/src/follow';
import { syncIceberg } from '../../libs/iceberg/src/sync';
import { counted } from './counted';
import { MemoryStore } from './memory';
import { commit, open } from './table';

const FILES = Number(process.env['PARQUETRY_ICEBERG_FILES'] ?? 10_000);
const COMMITS = 100;
/** Of the sync, in addition to the list of the files itself (about 200 bytes for each file, without its statistics). */
const MAX_BYTES_PER_FILE = 900;

/** Bytes that the process holds after a collection. */
function held(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it(
  `the first sync of ${FILES} files and ${COMMITS} snapshots holds little more than the list of the files`,
  () =>
    inFolder(async (folder) => {
      const store = new MemoryStore();
      const archive = await open(store);
      const count = FILES / COMMITS;
      for (let version = 0; version < COMMITS; version++) {
        const start = 2 + version * count;
        await commit(archive, folder, start, start + count - 1, { count });
      }
      const put = store.putIfAbsent.bind(store);
      let stored = 0;
      let peak = 0;
      let puts = 0;
      const empty = held();
      const dataset = archive.dataset('events');
      const files = await dataset.files();
      const list = held() - empty;
      const before = held();
      store.putIfAbsent = async (key, bytes) => {
        if (puts++ % 30 === 0) peak = Math.max(peak, held() - before - stored);
        stored += bytes.length;
        return put(key, bytes);
      };
      const began = Date.now();
      expect(await syncIceberg(archive, 'events')).toMatchObject({ outcome: 'written', snapshots: COMMITS });
      const figures = {
        files: files.length,
        seconds: (Date.now() - began) / 1000,
        listMiB: list / 2 ** 20,
        peakMiB: peak / 2 ** 20,
        storedMiB: stored / 2 ** 20,
        puts,
      };
      if (process.env['PARQUETRY_ICEBERG_FILES'] !== undefined) console.log(JSON.stringify(figures));
      expect(figures).toMatchObject({ files: FILES });
      expect(peak / FILES).toBeLessThan(MAX_BYTES_PER_FILE);
    }),
  600_000,
);

it('a commit that follows an Iceberg table takes one request more, and its sync a fixed number', () =>
  inFolder(async (folder) => {
    const { store, count } = counted(new MemoryStore());
    const archive = await open(store);
    const follower = followIceberg(archive, 'events', { wanted: true, patienceMs: 0 });
    const requests = async (run: () => Promise<unknown>): Promise<number> => {
      const before = count();
      await run();
      return count() - before;
    };
    for (const start of [10, 20]) {
      await commit(archive, folder, start, start + 9, { follower });
      await syncIceberg(archive, 'events');
    }
    const figures = {
      plain: await requests(() => commit(archive, folder, 30, 39)),
      sync: await requests(() => syncIceberg(archive, 'events')),
      following: await requests(() => commit(archive, folder, 40, 49, { follower })),
      // The next commit finds the table without version 3.
      behind: await requests(() => commit(archive, folder, 50, 59, { follower })),
      again: await requests(async () => {
        await syncIceberg(archive, 'events');
        await syncIceberg(archive, 'events');
      }),
    };
    expect(figures).toEqual({ plain: 15, sync: 20, following: 16, behind: 43, again: 26 });
  }));
