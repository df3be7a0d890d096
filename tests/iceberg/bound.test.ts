import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { ObjectStore, PutOutcome } from '@parquetry/storage';
import { inFolder } from '../../libs/archive/src/testing/fixture';
import { takeTurns, type TurnWriter } from '../../libs/archive/src/testing/turns';
import { followIceberg } from '../../libs/iceberg/src/follow';
import { Location } from '../../libs/iceberg/src/location';
import { syncIceberg } from '../../libs/iceberg/src/sync';
import { MemoryStore } from './memory';
import { commit, filesOf, liveKeys, metadataOf, open } from './table';

const WRITERS = 3;
const COMMITS = 3;
/** More operations than a sync of these tables takes. */
const SYNC = 32;

/** A store that notes after each write how many versions the Iceberg table is behind the Delta table. */
class Watched extends MemoryStore {
  mostBehind = 0;
  private readonly hint = new Location(this, 'events').hint;
  private delta = -1;
  private iceberg = -1;

  override async putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome> {
    const outcome = await super.putIfAbsent(key, bytes);
    if (outcome === 'created') this.note(key, bytes);
    return outcome;
  }

  override async replace(key: string, bytes: Uint8Array): Promise<void> {
    await super.replace(key, bytes);
    this.note(key, bytes);
  }

  override async replaceIf(key: string, was: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    const done = await super.replaceIf(key, was, bytes);
    if (done) this.note(key, bytes);
    return done;
  }

  private note(key: string, bytes: Uint8Array): void {
    const [, version] = /^events\/_delta_log\/(\d+)\.json$/.exec(key) ?? [];
    if (version !== undefined) this.delta = Math.max(this.delta, Number(version));
    if (key === this.hint) this.iceberg = Number(Buffer.from(bytes).toString()) - 1;
    this.mostBehind = Math.max(this.mostBehind, this.delta - this.iceberg);
  }
}

/** What a worker does for each partition: commit, sync, remove what was replaced. */
async function work(store: ObjectStore, folder: string, writer: number): Promise<void> {
  const archive = await open(store);
  const dataset = archive.dataset('events');
  const follower = followIceberg(archive, 'events', { wanted: true, patienceMs: 0 });
  for (let number = 0; number < COMMITS; number++) {
    const replaces = writer === 0 && number === COMMITS - 1;
    const start = 10 + writer * 100 + (replaces ? 0 : number * 10);
    const options = replaces ? { text: 'other', mode: 'replace' as const } : {};
    const { replaced } = await commit(archive, folder, start, start + 9, { ...options, follower });
    await syncIceberg(archive, 'events');
    await dataset.retire(replaced);
  }
}

/** Writers in bursts: one may pause at any operation while the others commit several versions. */
const schedules = (seed: number, numRuns: number): number[][] =>
  fc
    .sample(
      fc.array(fc.tuple(fc.nat(WRITERS - 1), fc.integer({ min: 1, max: 70 })), {
        minLength: 30,
        maxLength: 30,
      }),
      { seed, numRuns },
    )
    .map((bursts) => bursts.flatMap(([writer, length]) => Array<number>(length).fill(writer)));

async function assertComplete(store: ObjectStore): Promise<void> {
  const archive = await open(store);
  const metadata = await metadataOf(archive);
  const current = metadata['current-snapshot-id'] - 1;
  expect(current).toBe((await archive.dataset('events').snapshot()).version);
  expect((await filesOf(archive, metadata))[current]).toEqual(await liveKeys(archive));
}

describe('the Iceberg table of a table with several writers', () => {
  it(
    'is at most one version behind in any order of their operations',
    () =>
      inFolder(async (folder) => {
        for (const schedule of schedules(7, 12)) {
          const store = new Watched();
          const writers = Array.from({ length: WRITERS }, (_, writer) => ({
            run: (own: ObjectStore) => work(own, folder, writer),
          }));
          for (const outcome of await takeTurns(store, writers, schedule))
            expect(outcome).toMatchObject({ status: 'fulfilled' });
          expect(store.mostBehind).toBeLessThanOrEqual(1);
          await assertComplete(store);
        }
      }),
    60_000,
  );

  it(
    'is at most one version behind when writers crash, and the next sync completes it',
    () =>
      inFolder(async (folder) => {
        for (const [at, schedule] of schedules(8, 14).entries()) {
          const store = new Watched();
          const when = at % 2 === 0 ? ('before' as const) : ('after' as const);
          const writers = Array.from({ length: WRITERS }, (_, writer): TurnWriter<void> => ({
            run: (own) => work(own, folder, writer),
            ...(writer < 2 ? { crash: { at: (at * 7 + writer * 31) % 140, when } } : {}),
          }));
          const [, , last] = await takeTurns(store, writers, schedule);
          expect(last).toMatchObject({ status: 'fulfilled' });
          expect(store.mostBehind).toBeLessThanOrEqual(1);
          await syncIceberg(await open(store), 'events');
          await assertComplete(store);
        }
      }),
    60_000,
  );

  it(
    'is at most one version behind when a sync pauses at any of its operations',
    () =>
      inFolder(async (folder) => {
        for (let at = 0; at < SYNC; at++) {
          const store = new Watched();
          const archive = await open(store);
          for (const start of [10, 20]) {
            await syncIceberg(archive, 'events');
            await commit(archive, folder, start, start + 9);
          }
          const slow = async (own: ObjectStore): Promise<void> =>
            void (await syncIceberg(await open(own), 'events'));
          const schedule = [...Array<number>(at).fill(0), ...Array<number>(300).fill(1)];
          const writers = [{ run: slow }, { run: (own: ObjectStore) => work(own, folder, 1) }];
          for (const outcome of await takeTurns(store, writers, schedule))
            expect(outcome).toMatchObject({ status: 'fulfilled' });
          expect(store.mostBehind).toBeLessThanOrEqual(1);
          await assertComplete(store);
        }
      }),
    60_000,
  );

  it('does not hold up commits when it can not be synced', () =>
    inFolder(async (folder) => {
      const store = new Watched();
      const archive = await open(store);
      await commit(archive, folder, 10, 19);
      await syncIceberg(archive, 'events');
      const location = new Location(store, 'events');
      await store.replace(location.metadata(0), Buffer.from('{"written by": "another program"}'));
      const faults: unknown[] = [];
      const follower = followIceberg(archive, 'events', {
        patienceMs: 0,
        onFault: (fault) => faults.push(fault),
      });
      for (const start of [20, 30, 40])
        expect(await commit(archive, folder, start, start + 9, { follower })).toMatchObject({
          outcome: 'committed',
        });
      // Not before the second commit: the table had the version before it.
      expect(faults).toMatchObject([{ code: 'ICEBERG_CONFLICT' }, { code: 'ICEBERG_CONFLICT' }]);
    }));

  it('is synced by the writer that committed, while others wait for it', () =>
    inFolder(async (folder) => {
      const store = new Watched();
      const [first, second] = [await open(store), await open(store)];
      await commit(first, folder, 10, 19);
      await syncIceberg(first, 'events');
      await commit(first, folder, 20, 29);
      const sync = jest.spyOn(second.registry, 'get');
      const follower = followIceberg(second, 'events', { patienceMs: 60_000 });
      const waiting = commit(second, folder, 30, 39, { follower });
      await sleep(50);
      await syncIceberg(first, 'events');
      expect(await waiting).toMatchObject({ outcome: 'committed', version: 2 });
      expect(sync).not.toHaveBeenCalled();
      expect(store.mostBehind).toBe(1);
      // Its writer is lost: the next one waits for some time, then syncs the table itself.
      const third = await open(store);
      const patient = followIceberg(third, 'events', { patienceMs: 100 });
      expect(await commit(third, folder, 40, 49, { follower: patient })).toMatchObject({ version: 3 });
      expect(store.mostBehind).toBe(1);
    }));

  it('is left alone by commits of a dataset that has none', () =>
    inFolder(async (folder) => {
      const store = new Watched();
      const archive = await open(store);
      const follower = followIceberg(archive, 'events');
      for (const start of [10, 20]) await commit(archive, folder, start, start + 9, { follower });
      expect(await store.stat(new Location(store, 'events').hint)).toBeUndefined();
    }));
});
