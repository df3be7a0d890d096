import { Archive } from '@parquetry/archive';
import { FlakyStore } from '../../libs/archive/src/testing/flaky';
import { inFolder } from '../../libs/archive/src/testing/fixture';
import { syncIceberg } from '../../libs/iceberg/src/sync';
import { MemoryStore } from './memory';
import { commit, filesOf, liveKeys, metadataOf, open } from './table';

const CRASHES = 80;

it(
  'after a crash at any operation readers see the version before or the new one, and the next sync completes it',
  () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore());
      await commit(archive, folder, 2, 2, { count: 1 });
      await syncIceberg(archive, 'events');
      const crashed = { before: 0, after: 0 };
      let ledger = 3;
      for (const when of ['before', 'after'] as const)
        for (let at = 0; crashed[when] < CRASHES / 2;) {
          const old = await liveKeys(archive);
          const replaces = ledger % 3 === 0;
          const range = replaces ? ([ledger - 1, ledger - 1] as const) : ([ledger, ledger] as const);
          const { replaced } = await commit(archive, folder, ...range, {
            count: 1,
            text: `content ${ledger}`,
            ...(replaces ? { mode: 'replace' } : {}),
          });
          ledger += 1;
          const live = await liveKeys(archive);
          const store = new FlakyStore(archive.store, at, when);
          const outcome = await Archive.open(store)
            .then((flaky) => syncIceberg(flaky, 'events'))
            .catch(() => 'crashed' as const);
          if (outcome === 'crashed') crashed[when] += 1;
          // Nothing is deleted before a sync succeeds, so readers always find the files.
          const metadata = await metadataOf(archive);
          const current = metadata['current-snapshot-id'] - 1;
          const seen = (await filesOf(archive, metadata))[current];
          expect([old, live]).toContainEqual(seen);
          if (outcome !== 'crashed') expect(seen).toEqual(live);
          at = outcome === 'crashed' ? at + 1 : 0;
          await syncIceberg(archive, 'events');
          const after = await metadataOf(archive);
          expect((await filesOf(archive, after))[after['current-snapshot-id'] - 1]).toEqual(live);
          await archive.dataset('events').retire(replaced);
        }
      expect(crashed).toEqual({ before: CRASHES / 2, after: CRASHES / 2 });
    }),
  120_000,
);
