import { inFolder } from '../../libs/archive/src/testing/fixture';
import { MAX_SNAPSHOTS } from '../../libs/iceberg/src/metadata';
import { syncIceberg } from '../../libs/iceberg/src/sync';
import { unusedObjects } from '../../libs/iceberg/src/unused';
import { counted } from './counted';
import { MemoryStore } from './memory';
import { commit, filesOf, liveKeys, metadataOf, open } from './table';

/** 300 and more show that what stays does not depend on the number of commits. */
const COMMITS = Number(process.env['PARQUETRY_ICEBERG_COMMITS'] ?? MAX_SNAPSHOTS + 20);
/** Of one manifest list, with a manifest of the commit's own files and one for each 256 files. */
const MAX_LIST_BYTES = 2000;
/** The list and two manifests of each snapshot, the metadata, the hint, and manifests of about 256 files each. */
const MAX_OBJECTS = 3 * MAX_SNAPSHOTS + 2 + COMMITS / 64;
const MAX_BYTES = 2 * 2 ** 20;
/** The hint, `stat` of the metadata and of the object, the removal. */
const REQUESTS_PER_OBJECT = 4;
/** To read what the table needs now, and what it needed at the given time; a listing for each. */
const REQUESTS = 2 * (MAX_SNAPSHOTS + 4);

it(
  `what gc keeps of the metadata of ${COMMITS} commits is bounded, and so are its requests`,
  () =>
    inFolder(async (folder) => {
      const memory = new MemoryStore();
      const { store, count } = counted(memory);
      const archive = await open(store);
      for (let version = 0; version < COMMITS; version++) {
        await commit(archive, folder, 10 + version, 10 + version, { count: 1 });
        if (version + 1 >= MAX_SNAPSHOTS) await syncIceberg(archive, 'events');
      }
      const sizes = async (): Promise<number[]> => {
        const found: number[] = [];
        for await (const { size } of memory.list('_iceberg/')) found.push(size);
        return found;
      };
      const before = await sizes();
      // A metadata file, a manifest list and at most three manifests for each commit.
      expect(before.length).toBeLessThanOrEqual(5 * COMMITS + 1);
      const requests = count();
      const now = Date.now() + 1;
      let removed = 0;
      for await (const { remove } of unusedObjects(archive, 'events')) removed += (await remove(now)) ? 1 : 0;
      expect(removed).toBeGreaterThan(COMMITS - MAX_SNAPSHOTS);
      expect(count() - requests).toBeLessThanOrEqual(REQUESTS + REQUESTS_PER_OBJECT * removed);
      const after = await sizes();
      expect(after).toHaveLength(before.length - removed);
      expect(after.length).toBeLessThanOrEqual(MAX_OBJECTS);
      expect(after.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_BYTES);
      const metadata = await metadataOf(archive);
      const files = await filesOf(archive, metadata);
      expect(Object.keys(files)).toHaveLength(MAX_SNAPSHOTS);
      expect(files[COMMITS - 1]).toEqual(await liveKeys(archive));
      for await (const { key, size } of memory.list('_iceberg/events/metadata/snap-'))
        expect({ key, fits: size <= MAX_LIST_BYTES + (COMMITS / 64) * 100 }).toEqual({ key, fits: true });
    }),
  120_000,
);
