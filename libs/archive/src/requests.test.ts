import path from 'node:path';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from './archive';
import { SchemaRegistry } from './registry';
import { duckCheckpointWriter } from './testing/duck';
import { IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from './testing/fixture';

/** A store that records each operation as `operation key`, with numbers and hashes of keys left out. */
function recording(store: ObjectStore, made: string[]): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (key: string, ...rest: unknown[]): unknown => {
        made.push(
          `${String(name)} ${key.replace(/_delta_log\/0*(\d+)/, 'log/$1').replace(/-[0-9a-f]{32}/, '')}`,
        );
        return Reflect.apply(value, target, [key, ...rest]);
      };
    },
  });
}

const FILE = 'events/year=2025/month=07/day=13/stellar-data-21-30-1752364950.parquet';
const RECORD = '_parquetry/segments/events/21-30.json';

describe('requests to storage', () => {
  it('of a publish: two folds, an upload and its check, one commit; the log is not read again for a checkpoint', () =>
    inFolder(async (folder) => {
      const made: string[] = [];
      const store = recording(new LocalStore(path.join(folder, 'archive')), made);
      const archive = await Archive.open(store, { create: IDENTITY, checkpointWriter: duckCheckpointWriter });
      const events = archive.dataset('events');
      for (const start of [1, 11]) await events.publish(await plainDraft(folder, { start, end: start + 9 }));
      made.length = 0;
      await events.publish(await plainDraft(folder, { start: 21, end: 30 }));
      await events.checkpoint();
      const fold = ['get log/1.json', 'stat log/0.json', 'get log/2.json'];
      expect(made.map((line) => line.replace('events/log', 'log'))).toEqual([
        ...fold,
        `uploadIfAbsent ${FILE}`,
        `holds ${FILE}`,
        `putIfAbsent ${RECORD}`,
        ...fold,
        `stat ${RECORD}`,
        `stat ${FILE}`,
        'list _parquetry/majors/events/',
        'putIfAbsent log/2.json',
        'get log/1.json',
        'stat log/0.json',
      ]);
      made.length = 0;
      expect((await events.snapshot()).version).toBe(2);
      expect(made).toHaveLength(3);
    }));

  it('of a registered schema: one read, also after another writer registered a newer one', () =>
    inFolder(async (folder) => {
      const made: string[] = [];
      const local = new LocalStore(folder);
      const registry = new SchemaRegistry(recording(local, made));
      const first = await registry.register('events', SMALL_SCHEMA);
      await new SchemaRegistry(local).register('events', { ...SMALL_SCHEMA, doc: 'new' });
      made.length = 0;
      expect(await registry.register('events', { ...SMALL_SCHEMA })).toEqual(first);
      expect(made).toEqual(['get _parquetry/schemas/events/1.json']);
      await local.delete('_parquetry/schemas/events/1.json');
      await local.delete('_parquetry/schemas/events/2.json');
      expect(await registry.register('events', SMALL_SCHEMA)).toEqual(first);
      expect(await local.stat('_parquetry/schemas/events/1.json')).toBeDefined();
    }));
});
