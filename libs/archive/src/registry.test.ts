import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Field, TableSchema } from '@parquetry/schema';
import { LocalStore } from '@parquetry/storage';
import { SchemaRegistry } from './registry';
import { inFolder, SMALL_SCHEMA } from './testing/fixture';

const column = (id: number, name: string, type: 'int64' | 'utf8' | 'float64', nullable = true): Field => ({
  id,
  name,
  type: { type },
  nullable,
});
const withColumns = (...fields: Field[]): TableSchema => ({
  ...SMALL_SCHEMA,
  fields: [...SMALL_SCHEMA.fields, ...fields],
});
const V1 = withColumns(column(3, 'fee', 'int64'));
const V2 = withColumns(column(3, 'fee', 'int64'), column(4, 'memo', 'utf8'));

describe('registry', () => {
  it('registers compatible schemas as new versions and records the mode', () =>
    inFolder(async (folder) => {
      const registry = new SchemaRegistry(new LocalStore(folder));
      const first = await registry.register('events', V1);
      const second = await registry.register('events', V2, { mode: 'FULL' });
      expect([first.version, first.mode, second.version, second.mode]).toEqual([1, 'BACKWARD', 2, 'FULL']);
      expect(second.parent).toBe(first.fingerprint);
      expect((await registry.register('events', V1)).version).toBe(1);
      expect(await new SchemaRegistry(new LocalStore(folder)).get('events', 2)).toEqual(second);
    }));

  it('refuses a breaking change with the diff and the command that resolves it, and writes nothing', () =>
    inFolder(async (folder) => {
      const registry = new SchemaRegistry(new LocalStore(folder));
      await registry.register('events', V2);
      const candidate = withColumns(column(3, 'fee', 'float64'));
      expect((await registry.check('events', candidate)).breaking).toHaveLength(2);
      expect(await registry.check('events', V2)).toEqual({ compatible: true, changes: [], breaking: [] });
      const failure = await registry.register('events', candidate).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'SCHEMA_CONFLICT',
        message:
          "The schema of events can't follow version 1 in mode BACKWARD: - memo: utf8, nullable (and 1 more).",
        details: {
          subject: 'events',
          version: 1,
          mode: 'BACKWARD',
          changes: ['- memo: utf8, nullable', '~ fee: int64 → float64'],
        },
      });
      const { hint } = failure as { hint: string };
      expect(hint).toContain('~ fee: int64 → float64, against version 1: DuckDB rounds silently');
      expect(hint).toContain('DuckDB, union_by_name');
      expect(hint).toContain('parquetry schema promote events --from LEDGER');
      expect(await readdir(path.join(folder, '_parquetry/schemas/events'))).toEqual(['1.json']);
      expect((await registry.register('events', candidate, { mode: 'NONE' })).version).toBe(2);
      await expect(registry.register('events', V1, { mode: 'FULL_TRANSITIVE' })).rejects.toMatchObject({
        code: 'SCHEMA_CONFLICT',
      });
    }));

  it('refuses names that readers don’t support, in every mode', () =>
    inFolder(async (folder) => {
      const registry = new SchemaRegistry(new LocalStore(folder));
      for (const name of ['Ledger_Sequence', 'month', 'a b'])
        await expect(
          registry.register('events', withColumns(column(3, name, 'utf8')), { mode: 'NONE' }),
        ).rejects.toMatchObject({ code: 'SCHEMA_CONFLICT', hint: expect.stringContaining('Rename') });
      expect(await registry.latest('events')).toBeUndefined();
    }));

  it("refuses a version that can't be written to files, in any mode", () =>
    inFolder(async (folder) => {
      const registry = new SchemaRegistry(new LocalStore(folder));
      const member = column(4, '__duckdb_field_id', 'utf8');
      const nested: Field = { ...column(3, 's', 'utf8'), type: { type: 'struct', fields: [member] } };
      for (const bad of [withColumns(member), withColumns(nested), withColumns(column(3, 'a\0', 'utf8'))])
        for (const attempt of [
          registry.register('events', bad, { mode: 'NONE' }),
          registry.extend('events', bad),
        ])
          await expect(attempt).rejects.toMatchObject({ code: 'SCHEMA_CONFLICT' });
      expect(await registry.latest('events')).toBeUndefined();
    }));

  it('checks the loser of a race against the winner', () =>
    inFolder(async (folder) => {
      const candidates = ['int64', 'utf8', 'float64'] as const;
      const results = await Promise.allSettled(
        candidates.map((type) =>
          new SchemaRegistry(new LocalStore(folder)).register('events', withColumns(column(3, 'a', type))),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'SCHEMA_CONFLICT' });
      expect(await new SchemaRegistry(new LocalStore(folder)).list('events')).toHaveLength(1);
    }));

  it('extends a version that another run registered meanwhile, and returns a version with all columns of each run', () =>
    inFolder(async (folder) => {
      const registry = (): SchemaRegistry => new SchemaRegistry(new LocalStore(folder));
      await registry().register('events', V1);
      const withMemo = V2;
      const withTip = withColumns(column(3, 'fee', 'int64'), column(4, 'tip', 'int64'));
      expect((await registry().extend('events', withMemo)).version).toBe(2);
      const merged = await registry().extend('events', withTip);
      expect(merged).toMatchObject({ version: 3, parent: (await registry().get('events', 2)).fingerprint });
      expect(merged.schema.fields.slice(2)).toEqual([
        column(3, 'fee', 'int64'),
        column(4, 'memo', 'utf8'),
        column(5, 'tip', 'int64'),
      ]);
      // Repeated later: returns the first version that has the run's columns and registers nothing.
      await registry().register(
        'events',
        withColumns(...merged.schema.fields.slice(2), column(6, 'x', 'utf8')),
      );
      for (const [schema, version] of [
        [V1, 1],
        [withMemo, 2],
        [withTip, 3],
        [withColumns(column(3, 'fee', 'int64'), column(4, 'x', 'utf8'), column(5, 'tip', 'int64')), 4],
      ] as const)
        expect((await registry().extend('events', schema)).version).toBe(version);
      expect(await registry().list('events')).toHaveLength(4);
    }));

  it('does not extend a version that has the same column with another type', () =>
    inFolder(async (folder) => {
      const registry = new SchemaRegistry(new LocalStore(folder));
      await registry.register('events', V2);
      const other = withColumns(column(3, 'fee', 'int64'), column(4, 'memo', 'int64'));
      await expect(registry.extend('events', other)).rejects.toMatchObject({
        code: 'SCHEMA_CONFLICT',
        details: { changes: ['~ memo: utf8 → int64'] },
      });
      expect(await registry.list('events')).toHaveLength(1);
    }));

  it('extends in any mode without removing columns of another run or giving a column two types', () =>
    inFolder(async (folder) => {
      for (const mode of ['NONE', 'FORWARD', 'FULL_TRANSITIVE'] as const) {
        const registry = new SchemaRegistry(new LocalStore(path.join(folder, mode)));
        await registry.register('events', V1);
        await registry.extend('events', V2, { mode });
        const withTip = withColumns(column(3, 'fee', 'int64'), column(4, 'tip', 'int64'));
        const { version, schema } = await registry.extend('events', withTip, { mode });
        expect([version, schema.fields.map(({ name }) => name).slice(2)]).toEqual([
          3,
          ['fee', 'memo', 'tip'],
        ]);
        const other = withColumns(column(3, 'fee', 'int64'), column(4, 'memo', 'int64'));
        await expect(registry.extend('events', other, { mode })).rejects.toMatchObject({
          code: 'SCHEMA_CONFLICT',
        });
        expect(await registry.list('events')).toHaveLength(3);
      }
    }));

  it('merges concurrent registrations: each run finds its columns in the version that it receives', () =>
    inFolder(async (folder) => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      await new SchemaRegistry(new LocalStore(folder)).register('events', V1);
      const got = await Promise.all(
        names.map((name) =>
          new SchemaRegistry(new LocalStore(folder)).extend(
            'events',
            withColumns(column(3, 'fee', 'int64'), column(4, name, 'utf8')),
          ),
        ),
      );
      got.forEach(({ schema }, index) =>
        expect(schema.fields.map(({ name }) => name)).toContain(names[index] as string),
      );
      const versions = await new SchemaRegistry(new LocalStore(folder)).list('events');
      expect(versions).toHaveLength(9);
      const ids = versions.at(-1)?.schema.fields.map(({ id }) => id) ?? [];
      expect([...ids].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      // An id never changes its meaning.
      for (const { schema } of versions)
        for (const field of schema.fields)
          expect(versions.at(-1)?.schema.fields.find(({ id }) => id === field.id)).toEqual(field);
    }));

  it.each([
    ['null', 'null'],
    ['a text', '"x"'],
    ['a number that has no exact JSON form', '{"fields":1e308}'],
  ])('refuses an altered version whose schema is %s', (_, schema) =>
    inFolder(async (folder) => {
      const store = new LocalStore(folder);
      await new SchemaRegistry(store).register('events', V1);
      const key = '_parquetry/schemas/events/1.json';
      await store.replace(
        key,
        Buffer.from(`{"fingerprint":"f","schema":${schema},"subject":"events","version":1}`),
      );
      await expect(new SchemaRegistry(store).get('events', 1)).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
      });
    }),
  );
});
