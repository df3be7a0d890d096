import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '@parquetry/archive';
import { IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from '../../libs/archive/src/testing/fixture';
import { checkIceberg } from '../../libs/iceberg/src/check';
import { Location } from '../../libs/iceberg/src/location';
import { MAX_SNAPSHOTS, type TableMetadata } from '../../libs/iceberg/src/metadata';
import { hasIceberg, syncIceberg } from '../../libs/iceberg/src/sync';
import { rebuildIceberg } from '../../libs/iceberg/src/rebuild';
import { tableAt } from '../../libs/iceberg/src/table';
import { unusedObjects } from '../../libs/iceberg/src/unused';
import { MemoryStore } from './memory';
import { commit, filesOf, liveKeys, metadataOf, open } from './table';

describe('an Iceberg table', () => {
  it('has one snapshot for each Delta version, with its files', () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore());
      const expected: Record<number, string[]> = {};
      for (const [version, start] of [10, 20, 30, 40].entries()) {
        await commit(archive, folder, start, start + 9, { count: version === 2 ? 0 : 2 });
        expected[version] = await liveKeys(archive);
      }
      expect(await syncIceberg(archive, 'events')).toMatchObject({
        outcome: 'written',
        version: 3,
        snapshots: 4,
      });
      const metadata = await metadataOf(archive);
      expect(await filesOf(archive, metadata)).toEqual(expected);
      expect(metadata).toMatchObject({
        'format-version': 2,
        location: 'file:///memory/_iceberg/events',
        'current-snapshot-id': 4,
        schemas: [{ 'schema-id': 1, fields: [{ id: 1, type: 'long', required: true }, { id: 2 }] }],
      });
      expect(await syncIceberg(archive, 'events')).toMatchObject({ outcome: 'current', version: 3 });
    }));

  it('keeps what was current after the time that gc is given, however old it is', () =>
    inFolder(async (folder) => {
      const store = new MemoryStore();
      const archive = await open(store);
      const removed = async (before: number): Promise<string[]> => {
        const keys: string[] = [];
        for await (const { key, remove } of unusedObjects(archive, 'events'))
          if (await remove(before)) keys.push(path.basename(key));
        return keys.filter((name) => name.endsWith('.json')).sort();
      };
      const times: number[] = [];
      for (const start of [10, 20, 30]) {
        await commit(archive, folder, start, start + 9);
        await syncIceberg(archive, 'events');
        await sleep(5);
        times.push(Date.now());
        await sleep(5);
      }
      const [first = 0, second = 0, third = 0] = times;
      // The second version was current until the third one was written, after `second`.
      expect(await removed(first)).toEqual([]);
      expect(await removed(second)).toEqual(['v1.metadata.json']);
      const older = await tableAt(store, new Location(store, 'events'), 1);
      expect(await filesOf(archive, older?.metadata ?? ({ snapshots: [] } as never))).toHaveProperty('1');
      expect(await removed(third)).toEqual(['v2.metadata.json']);
    }));

  it('is refused for a path that readers misread, which is no obstacle to an archive without Iceberg', () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore('/data/50%'));
      await commit(archive, folder, 10, 19);
      expect(await hasIceberg(archive, 'events')).toBe(false);
      for await (const finding of checkIceberg(archive, 'events')) throw new Error(finding.message);
      for await (const { key } of unusedObjects(archive, 'events')) throw new Error(key);
      await expect(syncIceberg(archive, 'events')).rejects.toMatchObject({ code: 'ICEBERG_UNSUPPORTED' });
      expect(await hasIceberg(archive, 'events')).toBe(false);
    }));

  it('of a moved archive is a finding, and nothing of it is removed', () =>
    inFolder(async (folder) => {
      const store = new MemoryStore();
      const archive = await open(store);
      for (const start of [10, 20]) {
        await commit(archive, folder, start, start + 9);
        await syncIceberg(archive, 'events');
      }
      Object.assign(store, { uri: '/elsewhere' });
      const findings: string[] = [];
      for await (const { code } of checkIceberg(archive, 'events')) findings.push(code);
      expect(findings).toEqual(['ICEBERG_DIFFERS']);
      for await (const { key } of unusedObjects(archive, 'events')) throw new Error(key);
    }));

  it('follows a commit that was made while its first metadata was written', () =>
    inFolder(async (folder) => {
      const store = new MemoryStore();
      const archive = await open(store);
      await commit(archive, folder, 10, 19);
      const put = store.putIfAbsent.bind(store);
      let replaced = false;
      store.putIfAbsent = async (key, bytes) => {
        if (key.endsWith('v1.metadata.json') && !replaced) {
          replaced = true;
          // A worker that finds no hint does not sync.
          await commit(archive, folder, 10, 19, { text: 'other', mode: 'replace' });
        }
        return put(key, bytes);
      };
      expect(await syncIceberg(archive, 'events')).toMatchObject({ outcome: 'written', version: 1 });
      expect(await filesOf(archive, await metadataOf(archive))).toEqual({ 1: await liveKeys(archive) });
    }));

  it('is the same whether every commit was synced or only the last', () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore());
      for (const start of [30, 10, 20, 60, 40]) {
        await commit(archive, folder, start, start + 9, { count: 3 });
        await syncIceberg(archive, 'events');
      }
      const stepwise = await metadataOf(archive);
      const files = await filesOf(archive, stepwise);
      await rebuildIceberg(archive, 'events');
      const once = await metadataOf(archive);
      expect(await filesOf(archive, once)).toEqual(files);
      const bare = ({ snapshots, ...rest }: TableMetadata): object => ({
        ...rest,
        snapshots: snapshots.map(({ 'manifest-list': _, ...each }) => each),
      });
      expect(bare(once)).toEqual(bare(stepwise));
    }));

  it('ends its history at a replacement, and names no replaced file', () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore());
      for (const start of [10, 20, 30]) await commit(archive, folder, start, start + 9);
      await syncIceberg(archive, 'events');
      await commit(archive, folder, 20, 29, { text: 'other', mode: 'replace' });
      await commit(archive, folder, 40, 49);
      await syncIceberg(archive, 'events');
      const metadata = await metadataOf(archive);
      expect(metadata.snapshots.map(({ summary }) => summary['operation'])).toEqual(['overwrite', 'append']);
      const { 4: newest, 3: replaced } = await filesOf(archive, metadata);
      expect(newest).toEqual(await liveKeys(archive));
      expect(replaced).toHaveLength(3);
    }));

  it(
    'keeps a bounded number of snapshots, and reuses the manifests of earlier ones',
    () =>
      inFolder(async (folder) => {
        const archive = await open(new MemoryStore());
        const commits = MAX_SNAPSHOTS + 5;
        for (let version = 0; version < commits; version++) {
          await commit(archive, folder, 2 + version, 2 + version);
          if (version % 40 === 20) await syncIceberg(archive, 'events');
        }
        expect(await syncIceberg(archive, 'events')).toMatchObject({ snapshots: MAX_SNAPSHOTS });
        const files = await filesOf(archive, await metadataOf(archive));
        expect(Object.keys(files)).toHaveLength(MAX_SNAPSHOTS);
        for (const [version, list] of Object.entries(files)) expect(list).toHaveLength(Number(version) + 1);
      }),
    60_000,
  );

  it('refuses unsigned columns and names the setting', () =>
    inFolder(async (folder) => {
      const archive = await Archive.open(new MemoryStore(), { create: IDENTITY });
      await archive.registry.register('events', SMALL_SCHEMA);
      await archive.dataset('events').publish(await plainDraft(folder, { start: 10, end: 19 }));
      await expect(syncIceberg(archive, 'events')).rejects.toMatchObject({
        code: 'ICEBERG_UNSUPPORTED',
        hint: expect.stringContaining('--portable-integers'),
      });
      expect(await hasIceberg(archive, 'events')).toBe(false);
    }));

  it('of a moved or restored archive is refused, and made again with a rebuild', () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore());
      for (const start of [10, 20]) await commit(archive, folder, start, start + 9);
      await syncIceberg(archive, 'events');
      // The last commit is lost, and another one takes its number.
      await archive.store.delete(`events/_delta_log/${'1'.padStart(20, '0')}.json`);
      const restored = await open(archive.store);
      await expect(syncIceberg(restored, 'events')).rejects.toMatchObject({ code: 'ICEBERG_CONFLICT' });
      await commit(restored, folder, 30, 39);
      await expect(syncIceberg(restored, 'events')).rejects.toMatchObject({ code: 'ICEBERG_CONFLICT' });
      await rebuildIceberg(restored, 'events');
      const { 1: files } = await filesOf(restored, await metadataOf(restored));
      expect(files).toEqual(await liveKeys(restored));
      const metadata = await metadataOf(restored);
      const moved = { ...metadata, location: 'file:///elsewhere/_iceberg/events' };
      const location = new Location(restored.store, 'events');
      await restored.store.replace(location.metadata(1), Buffer.from(JSON.stringify(moved)));
      await expect(syncIceberg(restored, 'events')).rejects.toMatchObject({
        code: 'ICEBERG_CONFLICT',
        message: expect.stringContaining('moved or copied'),
      });
    }));

  it('does not depend on log files before a checkpoint', () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore());
      for (const start of [10, 20, 30]) await commit(archive, folder, start, start + 9);
      const dataset = archive.dataset('events');
      const { commit: read } = dataset;
      jest
        .spyOn(dataset, 'commit')
        .mockImplementation((version) =>
          version < 2 ? Promise.resolve(undefined) : read.call(dataset, version),
        );
      expect(await syncIceberg(archive, 'events')).toMatchObject({ version: 2, snapshots: 1 });
      const { 2: files } = await filesOf(archive, await metadataOf(archive));
      expect(files).toEqual(await liveKeys(archive));
    }));

  it('keeps snapshots in the order of time when the clocks of the writers differ', () =>
    inFolder(async (folder) => {
      let now = Date.UTC(2025, 6, 13);
      const archive = await open(new MemoryStore(), () => now);
      for (const start of [10, 20, 30]) {
        await commit(archive, folder, start, start + 9);
        now -= 3_600_000;
      }
      await syncIceberg(archive, 'events');
      const times = (await metadataOf(archive)).snapshots.map((each) => each['timestamp-ms']);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }));

  it('is refused at a path that readers misread', () =>
    inFolder(async (folder) => {
      const archive = await open(new MemoryStore('/a#b'));
      await commit(archive, folder, 10, 19);
      await expect(syncIceberg(archive, 'events')).rejects.toMatchObject({ code: 'ICEBERG_UNSUPPORTED' });
    }));
});

describe('two syncs at once', () => {
  it('make the same table, and the hint names the newest version', () =>
    inFolder(async (folder) => {
      const store = new MemoryStore();
      const archives = await Promise.all([open(store), open(store), open(store)]);
      const [first] = archives as [Archive, Archive, Archive];
      for (const start of [10, 20, 30, 40]) {
        await commit(first, folder, start, start + 9);
        await Promise.all(archives.map((archive) => syncIceberg(archive, 'events')));
        const metadata = await metadataOf(first);
        expect(metadata['current-snapshot-id']).toBe(start / 10);
        expect((await filesOf(first, metadata))[start / 10 - 1]).toEqual(await liveKeys(first));
      }
    }));
});
