import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { Archive } from './archive';
import { datasetFolder } from './folder';
import type { ArchiveIdentity } from './identity';
import { SchemaRegistry } from './registry';
import { IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from './testing/fixture';

const KEY = '_parquetry/archive.json';

describe('Archive.open', () => {
  it('creates an archive once, and names the location that has none', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'a'));
      await expect(Archive.open(store)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID', exitCode: 2 });
      await Promise.all(Array.from({ length: 4 }, () => Archive.open(store, { create: IDENTITY })));
      expect((await Archive.open(store)).identity).toEqual(IDENTITY);
    }));

  it('refuses another value and names both', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(folder);
      await Archive.open(store, { create: IDENTITY });
      const others: [Partial<ArchiveIdentity>, string, string][] = [
        [{ network: 'pubnet' }, 'testnet', 'pubnet'],
        [{ layout: { kind: 'ledger_range', width: 100 } }, 'ledger_day', 'ledger_range of 100'],
        [{ prefix: 'lake' }, 'none', 'lake'],
      ];
      for (const [change, has, requested] of others) {
        const opened = Archive.open(store, { create: { ...IDENTITY, ...change } });
        await expect(opened).rejects.toMatchObject({
          code: 'ARCHIVE_MISMATCH',
          exitCode: 2,
          details: { archiveValue: has, runValue: requested },
        });
      }
    }));

  it.each(['junk', '{}', '[]', 'null', '{"formatVersion":2}', '{"formatVersion":1,"network":7}'])(
    'refuses the identity %s',
    (text) =>
      inFolder(async (folder) => {
        const store = new LocalStore(folder);
        await store.putIfAbsent(KEY, Buffer.from(text));
        await expect(Archive.open(store)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
        await expect(Archive.open(store, { create: IDENTITY })).rejects.toMatchObject({
          code: 'ARCHIVE_INVALID',
        });
      }),
  );

  it('refuses a root that is a file', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'file');
      await writeFile(file, '');
      await expect(Archive.open(new LocalStore(file), { create: IDENTITY })).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
        exitCode: 2,
      });
    }));

  it('lists its datasets, also under a prefix', () =>
    inFolder(async (folder) => {
      for (const [index, prefix] of [undefined, 'lake/x', 'lake/events'].entries()) {
        const root = path.join(folder, String(index));
        const identity = prefix === undefined ? IDENTITY : { ...IDENTITY, prefix };
        const archive = await Archive.open(new LocalStore(root), { create: identity });
        await archive.dataset('events').publish(await plainDraft(folder, { start: 1, end: 2 }));
        await archive.majors.record('events', 3);
        await archive.dataset('events.v2').publish(await plainDraft(folder, { start: 3, end: 4 }));
        await mkdir(path.join(root, 'not-a-dataset'));
        const again = await Archive.open(new LocalStore(root));
        expect(await again.datasets()).toEqual(['events', 'events.v2']);
        expect((await again.dataset('events').snapshot()).coverage).toEqual([{ start: 1, end: 2 }]);
      }
    }));

  it.each(['../x', 'a/b', '', '.', 'con', 'x.y', 'events.v1', '_parquetry', 'a\0'])(
    'refuses the dataset %j',
    (name) =>
      inFolder(async (folder) => {
        const archive = await Archive.open(new LocalStore(folder), { create: IDENTITY });
        expect(() => archive.dataset(name)).toThrow(
          expect.objectContaining({ code: 'MESSAGE_TYPE_INVALID' }),
        );
      }),
  );
});

describe('datasetFolder', () => {
  it('is the prefix itself when that ends in the message type', () => {
    expect(datasetFolder('events')).toBe('events');
    expect(datasetFolder('events', '/lake/')).toBe('lake/events');
    expect(datasetFolder('events', 'lake/events')).toBe('lake/events');
    expect(datasetFolder('events.v2', 'lake/events')).toBe('lake/events/events.v2');
    expect(() => datasetFolder('events', '../x')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
  });
});

describe('SchemaRegistry', () => {
  it('numbers schemas and reuses the number of an equal one', () =>
    inFolder(async (folder) => {
      const registry = new SchemaRegistry(new LocalStore(folder));
      expect(await registry.latest('events')).toBeUndefined();
      const first = await registry.register('events', SMALL_SCHEMA);
      const second = await registry.register('events', { ...SMALL_SCHEMA, doc: 'new' });
      expect(first).toMatchObject({ subject: 'events', version: 1 });
      expect(first).not.toHaveProperty('parent');
      expect(second).toMatchObject({ version: 2, parent: first.fingerprint });
      const fresh = new SchemaRegistry(new LocalStore(folder));
      expect(await fresh.register('events', SMALL_SCHEMA)).toEqual(first);
      expect(await fresh.latest('events')).toEqual(second);
      expect(await fresh.list('events')).toEqual([first, second]);
      expect(await fresh.subjects()).toEqual(['events']);
      await expect(fresh.get('events', 3)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      await expect(fresh.register('../x', SMALL_SCHEMA)).rejects.toMatchObject({
        code: 'MESSAGE_TYPE_INVALID',
      });
    }));

  it('agrees when many register at once', () =>
    inFolder(async (folder) => {
      const registries = Array.from({ length: 12 }, () => new SchemaRegistry(new LocalStore(folder)));
      const results = await Promise.all(
        registries.map((registry, index) =>
          registry.register('events', { ...SMALL_SCHEMA, doc: `${index % 3}` }),
        ),
      );
      expect(new Set(results.map(({ version }) => version))).toEqual(new Set([1, 2, 3]));
      expect(new Set(results.map(({ version, fingerprint }) => `${version} ${fingerprint}`)).size).toBe(3);
      expect(await registries[0]!.list('events')).toHaveLength(3);
    }));

  it('notices an altered or missing version', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(folder);
      const registry = new SchemaRegistry(store);
      await registry.register('events', SMALL_SCHEMA);
      await registry.register('events', { ...SMALL_SCHEMA, doc: 'new' });
      const key = '_parquetry/schemas/events/1.json';
      const text = Buffer.from(await store.get(key)).toString();
      for (const bad of [text.replace('uint32', 'uint64'), 'junk', '{}', '[]']) {
        await store.replace(key, Buffer.from(bad));
        await expect(new SchemaRegistry(store).latest('events')).rejects.toMatchObject({
          code: 'ARCHIVE_INVALID',
        });
      }
      await store.delete(key);
      await expect(new SchemaRegistry(store).latest('events')).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
      });
    }));
});
