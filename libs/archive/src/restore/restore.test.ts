import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from '../archive';
import { checkSnapshot } from '../check';
import { cloneArchive } from '../clone/clone';
import type { TableSchema } from '@parquetry/schema';
import { duckCheckpointWriter } from '../testing/duck';
import { FlakyStore } from '../testing/flaky';
import { compactionOf, IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from '../testing/fixture';
import { recordedDatasets, type RestoredLog, restoreLog } from './restore';

const LOG = 'events/_delta_log/';

const WIDER: TableSchema = {
  ...SMALL_SCHEMA,
  fields: [...SMALL_SCHEMA.fields, { id: 3, name: 'memo', type: { type: 'utf8' }, nullable: true }],
};

const open = (store: ObjectStore): Promise<Archive> =>
  Archive.open(store, { create: IDENTITY, checkpointWriter: duckCheckpointWriter });

type Publishing = Parameters<typeof plainDraft>[2] & {
  readonly start: number;
  readonly end: number;
  readonly merge?: boolean;
};

async function publish(
  root: string,
  store: ObjectStore,
  { start, end, merge, ...options }: Publishing,
  retire = true,
): Promise<string> {
  const archive = await open(store);
  const schema = await archive.registry.register('events', start > 40 ? WIDER : SMALL_SCHEMA);
  const range = { start, end };
  const merged = merge === true ? await compactionOf(archive.dataset('events'), range) : {};
  const draft = await plainDraft(root, range, { schema, ...options, ...merged });
  const { replaced, segment } = await archive.dataset('events').publish(draft);
  if (retire) await archive.dataset('events').retire(replaced);
  return segment;
}

/** Two fills, an empty segment, replacements, a merge, a new column; nine commits, 0 to 8. */
const HISTORY: readonly Publishing[] = [
  { start: 1, end: 10, count: 2 },
  { start: 11, end: 20, count: 0 },
  { start: 21, end: 30 },
  { start: 1, end: 10, text: 'other', mode: 'replace' },
  { start: 31, end: 40, count: 3 },
  { start: 21, end: 40, text: 'merged', merge: true },
  { start: 41, end: 50 },
  { start: 11, end: 20, text: 'filled', mode: 'replace' },
  { start: 61, end: 70 },
];

/** An archive with this history, and a checkpoint after some commits. */
async function make(root: string, name: string, checkpoints: readonly number[]): Promise<LocalStore> {
  const store = new LocalStore(path.join(root, name));
  for (const [version, step] of HISTORY.entries()) {
    await publish(root, store, step);
    if (checkpoints.includes(version))
      await (await open(store)).dataset('events').checkpoint({ force: true });
  }
  return store;
}

/** What a reader gets, without what only the log's files have; all files must be as committed. */
async function read(store: ObjectStore): Promise<object> {
  const snapshot = await (await Archive.open(store)).dataset('events').snapshot();
  for await (const finding of checkSnapshot(store, snapshot, { deep: true }))
    if (finding.fault) throw new Error(finding.message);
  const { files, segments, coverage, schema, metaData } = snapshot;
  return {
    files: files.map(({ path: file, size, rows, sha256, range, segment, partitionValues }) => ({
      ...{ file, size, rows, sha256, range, segment, partitionValues },
    })),
    ...{ segments, coverage, schema, id: metaData?.id, columns: metaData?.schemaString },
  };
}

const restore = async (
  store: ObjectStore,
  options: Partial<Parameters<typeof restoreLog>[2]> = {},
): Promise<RestoredLog> => restoreLog(await open(store), 'events', { dryRun: false, ...options });

async function logOf(store: ObjectStore): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const { key } of store.list(LOG)) found.set(key, Buffer.from(await store.get(key)));
  return found;
}

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Damage = (store: ObjectStore, key: string, bytes: Buffer, next: () => number) => Promise<unknown>;

const DAMAGES: Readonly<Record<string, Damage>> = {
  deleted: (store, key) => store.delete(key),
  empty: (store, key) => store.replace(key, Buffer.of()),
  truncated: (store, key, bytes, next) =>
    store.replace(key, bytes.subarray(0, Math.floor(next() * bytes.length))),
  'cut at a line': (store, key, bytes, next) => {
    const text = bytes.toString('latin1');
    const lines = text.split('\n').slice(0, -1);
    const kept = lines.slice(0, Math.floor(next() * lines.length));
    return store.replace(key, Buffer.from(kept.map((line) => `${line}\n`).join(''), 'latin1'));
  },
  'with zeros': (store, key, bytes, next) => {
    const copy = Buffer.from(bytes);
    copy.fill(0, Math.floor((next() * bytes.length) / 2), Math.ceil(bytes.length * 0.6));
    return store.replace(key, copy);
  },
  'with random bytes': (store, key, bytes, next) => {
    const copy = Buffer.from(bytes);
    for (let count = 0; count < 20; count++)
      copy[Math.floor(next() * copy.length)] = Math.floor(next() * 256);
    return store.replace(key, copy);
  },
};

describe('a restored log', () => {
  const KINDS = Object.keys(DAMAGES);
  const SEEDS = Array.from({ length: 15 }, (_, index) => index);

  it.each([[[]], [[3]], [[3, 6]], [[8]]])(
    'has the same segments, files and columns after random damage, with checkpoints %j',
    async (checkpoints) => {
      await inFolder(async (root) => {
        const store = await make(root, 'archive', checkpoints);
        const [whole, log] = [await read(store), await logOf(store)];
        expect(await restore(store)).toMatchObject({ outcome: 'whole', damaged: [], commits: [], left: [] });
        expect(await logOf(store)).toEqual(log);
        for (const seed of SEEDS) {
          const next = random(seed * 7 + checkpoints.length + (checkpoints[0] ?? 0) * 100);
          const keys = [...log.keys()];
          const hit: string[] = [];
          for (let count = Math.floor(next() * 4) + 1; count > 0; count--) {
            const key = keys.splice(Math.floor(next() * keys.length), 1)[0] ?? '';
            // The newest commits are another case: that they were there is not known.
            if (key.endsWith('8.json') && checkpoints.at(-1) !== 8) continue;
            const kind = KINDS[Math.floor(next() * KINDS.length)] ?? '';
            hit.push(`${key.slice(LOG.length)} ${kind}`);
            await DAMAGES[kind]?.(store, key, log.get(key) ?? Buffer.of(), next);
          }
          try {
            const done = await restore(store);
            expect({ seed, hit, ...(await read(store)) }).toEqual({ seed, hit, ...whole });
            expect(await restore(store)).toMatchObject({ outcome: 'whole' });
            for (const key of done.kept) expect(key).toMatch(/^_parquetry\/damaged\/events\//);
          } catch (error) {
            throw new Error(`seed ${seed}: ${hit.join(', ')}: ${String(error)}`, { cause: error });
          }
          // As it was, for the next seed.
          for (const key of (await logOf(store)).keys()) await store.delete(key);
          for (const [key, bytes] of log) await store.replace(key, bytes);
        }
      });
    },
    60_000,
  );

  /** Removes the whole log. */
  const lose = async (store: ObjectStore): Promise<void> => {
    for (const key of (await logOf(store)).keys()) await store.delete(key);
  };

  /** Leaves the record and the files of a segment as an attempt that ended right before its commit. */
  const abandon = async (root: string, store: LocalStore, step: Publishing): Promise<void> => {
    const ends: ObjectStore = Object.create(store, {
      putIfAbsent: {
        value: (key: string, bytes: Uint8Array) =>
          key.startsWith(LOG) ? Promise.reject(new Error('ended')) : store.putIfAbsent(key, bytes),
      },
    }) as ObjectStore;
    await expect(publish(root, ends, step)).rejects.toThrow('ended');
  };

  it('is made from the records alone when the whole log is lost; the archive continues', async () => {
    await inFolder(async (root) => {
      const store = new LocalStore(path.join(root, 'archive'));
      for (const step of HISTORY.filter(({ text }) => text !== 'filled')) await publish(root, store, step);
      const whole = await read(store);
      const before = await logOf(store);
      await lose(store);
      const plan = await restore(store, { dryRun: true });
      expect(plan).toMatchObject({ outcome: 'would be restored', left: [], kept: [] });
      expect((await logOf(store)).size).toBe(0);
      const done = await restore(store);
      expect(done.commits.map(({ version }) => version)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(await read(store)).toEqual(whole);
      expect((await logOf(store)).size).toBe(before.size + 2);
      // Names of removed files stay taken, and a repeated run commits nothing twice.
      const snapshot = await (await open(store)).dataset('events').snapshot();
      expect(snapshot.removed).toHaveLength(6);
      await publish(root, store, { start: 61, end: 70 });
      expect(await read(store)).toEqual(whole);
      await publish(root, store, { start: 71, end: 80 });
      await expect(publish(root, store, { start: 75, end: 84 })).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
      });
    });
  });

  it('is refused where the records do not tell, and made when the user tells', async () => {
    await inFolder(async (root) => {
      const store = await make(root, 'archive', []);
      const whole = await read(store);
      await lose(store);
      const [empty, filled] = await ids(store, '11-20');
      const error = {
        code: 'RESTORE_UNCLEAR',
        message: expect.stringContaining(`${filled} replaced ${empty}`),
      };
      await expect(restore(store)).rejects.toMatchObject(error);
      expect((await logOf(store)).size).toBe(0);
      await restore(store, { exclude: [empty ?? ''] });
      expect(await read(store)).toEqual(whole);
      await lose(store);
      await restore(store, { exclude: [filled ?? ''] });
      expect(await read(store)).not.toEqual(whole);

      const other = new LocalStore(path.join(root, 'other'));
      await publish(root, other, { start: 1, end: 10 });
      const committed = await read(other);
      await abandon(root, other, { start: 11, end: 20, text: 'a' });
      await abandon(root, other, { start: 15, end: 24, text: 'b' });
      expect(await restore(other)).toMatchObject({ outcome: 'whole', left: [{}, {}] });
      await lose(other);
      await expect(restore(other)).rejects.toMatchObject({
        code: 'RESTORE_UNCLEAR',
        message: expect.stringMatching(/11-20-\w+ and 15-24-\w+ contain the same ledgers/),
      });
      await restore(other, { exclude: [...(await ids(other, '11-20')), ...(await ids(other, '15-24'))] });
      expect(await read(other)).toEqual(committed);
    });
  });

  it('does not take an abandoned replacement for a committed one', async () => {
    await inFolder(async (root) => {
      const store = new LocalStore(path.join(root, 'archive'));
      await publish(root, store, { start: 1, end: 10 });
      await abandon(root, store, { start: 1, end: 10, text: 'left', mode: 'replace' });
      await publish(root, store, { start: 11, end: 20 });
      await publish(root, store, { start: 1, end: 10, text: 'right', mode: 'replace' });
      await publish(root, store, { start: 1, end: 20, text: 'later', mode: 'replace' });
      const whole = await read(store);
      for (const lost of [[0], [1], [2], [3, 0], [0, 1, 2]]) {
        const log = await logOf(store);
        for (const version of lost) await store.delete(`${LOG}${String(version).padStart(20, '0')}.json`);
        if (lost.includes(3)) {
          // The newest commit: its replaced files are gone, so it was committed.
          expect((await restore(store)).commits).toHaveLength(2);
        } else await restore(store);
        expect(await read(store)).toEqual(whole);
        await lose(store);
        for (const [key, bytes] of log) await store.replace(key, bytes);
      }
    });
  });

  it('leaves lost newest commits to --adopt when the rest of the log is whole', async () => {
    await inFolder(async (root) => {
      const store = await make(root, 'archive', [3]);
      const [whole, log] = [await read(store), await logOf(store)];
      for (const version of [6, 8]) await store.delete(`${LOG}${String(version).padStart(20, '0')}.json`);
      // Commit 7 shows that 6 is lost; then 8 is taken in too.
      await restore(store);
      expect(await read(store)).toEqual(whole);
      await lose(store);
      for (const [key, bytes] of log) if (!key.endsWith('8.json')) await store.replace(key, bytes);
      expect(await restore(store)).toMatchObject({
        outcome: 'whole',
        left: [{ why: expect.stringContaining('--adopt') }],
      });
      await restore(store, { adopt: true });
      expect(await read(store)).toEqual(whole);
    });
  });

  it('is whole in an archive of the first format, and the same after it was lost', async () => {
    await inFolder(async (root) => {
      execFileSync('tar', [
        'xzf',
        path.resolve(__dirname, '../../../../tests/fixtures/archive-0.1.0.tar.gz'),
        '-C',
        root,
      ]);
      const store = new LocalStore(path.join(root, 'archive'));
      const archive = await Archive.open(store, { checkpointWriter: duckCheckpointWriter });
      const datasets = await recordedDatasets(archive);
      expect(datasets).toEqual(await archive.datasets());
      expect(datasets.length).toBeGreaterThan(3);
      for (const dataset of datasets) {
        const before = await archive.dataset(dataset).snapshot();
        expect(await restoreLog(archive, dataset, { dryRun: true })).toMatchObject({
          outcome: 'whole',
          left: [],
        });
        for await (const { key } of store.list(`${dataset}/_delta_log/`)) await store.delete(key);
        await restoreLog(archive, dataset, { dryRun: false });
        const after = await (await Archive.open(store)).dataset(dataset).snapshot();
        expect(after.files.map(({ stats: _, ...file }) => file)).toEqual(
          before.files.map(({ stats: _, ...file }) => file),
        );
        expect([after.coverage, after.schema, after.segments]).toEqual([
          ...[before.coverage, before.schema, before.segments],
        ]);
      }
    });
  });

  it('leaves the coverage when another program rewrote or deleted files', async () => {
    await inFolder(async (root) => {
      const store = new LocalStore(path.join(root, 'archive'));
      for (const start of [1, 11, 21]) await publish(root, store, { start, end: start + 9 });
      const [first, second] = (await (await open(store)).dataset('events').snapshot()).files;
      const remove = (file = ''): object => ({
        remove: { path: file, deletionTimestamp: Date.now(), dataChange: true },
      });
      const part = { path: 'part-0.parquet', partitionValues: {}, size: 3 };
      const add = { ...part, modificationTime: 0, dataChange: false };
      await store.putIfAbsent('events/part-0.parquet', Buffer.from('abc'));
      const commits = [
        // DELETE of all rows of a segment.
        [{ commitInfo: { operation: 'DELETE', engineInfo: 'Apache-Spark/3.5' } }, remove(first?.path)],
        // OPTIMIZE; without information about the commit.
        [remove(second?.path), { add }],
      ];
      for (const [index, actions] of commits.entries()) {
        const text = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
        await store.putIfAbsent(`${LOG}${String(3 + index).padStart(20, '0')}.json`, Buffer.from(text));
        const log = await logOf(store);
        expect(await restore(store)).toMatchObject({ outcome: 'whole', damaged: [], commits: [] });
        expect(await logOf(store)).toEqual(log);
        // A lost commit comes back, and nothing else.
        await store.delete(`${LOG}${String(1).padStart(20, '0')}.json`);
        expect((await restore(store)).commits.map(({ version }) => version)).toEqual([1]);
        for (const key of (await logOf(store)).keys()) await store.delete(key);
        for (const [key, bytes] of log) await store.replace(key, bytes);
      }
    });
  });

  it('is whole in a clone that ended before a commit whose segment the source then replaced', async () => {
    await inFolder(async (root) => {
      for (const count of [1, 0]) {
        const source = new LocalStore(path.join(root, `a${count}`));
        const target = new LocalStore(path.join(root, `b${count}`));
        await publish(root, source, { start: 1, end: 10 });
        const clone = async (): Promise<unknown> =>
          cloneArchive(await open(source), await open(target), { tempDir: root });
        await clone();
        const step = { start: 1, end: 10, text: 'middle', count, mode: 'replace' } as const;
        const middle = await publish(root, source, step);
        const key = `_parquetry/segments/events/${middle}.json`;
        await target.putIfAbsent(key, await source.get(key));
        await publish(root, source, { start: 1, end: 10, text: 'last', mode: 'replace' });
        await clone();
        expect(await restore(target)).toMatchObject({ outcome: 'whole', damaged: [], commits: [] });
      }
    });
  });

  it('does not judge a hint of a checkpoint that was written after the log was listed', async () => {
    await inFolder(async (root) => {
      const store = await make(root, 'archive', [3]);
      const whole = await read(store);
      let busy = 0;
      const during: ObjectStore = Object.create(store, {
        get: {
          value: async (key: string) => {
            if (key === `${LOG}_last_checkpoint` && busy++ === 0) {
              await publish(root, store, { start: 71, end: 80 });
              await (await open(store)).dataset('events').checkpoint({ force: true });
            }
            return store.get(key);
          },
        },
      }) as ObjectStore;
      expect(await restore(during)).toMatchObject({ outcome: 'whole', damaged: [] });
      expect([busy > 0, await restore(store)]).toMatchObject([true, { outcome: 'whole' }]);
      expect(await read(store)).not.toEqual(whole);
    });
  });

  it('refuses a damaged commit of another program, and leaves a feature that it does not know', async () => {
    await inFolder(async (root) => {
      const store = await make(root, 'archive', []);
      const [whole, log] = [await read(store), await logOf(store)];
      const ninth = `${LOG}${String(9).padStart(20, '0')}.json`;
      const add = { path: 'x.parquet', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
      const line = JSON.stringify({ add: { ...add, deletionVector: { storageType: 'u' } } });
      await store.replace(ninth, Buffer.from(line));
      await expect(restore(store)).rejects.toMatchObject({ code: 'LOG_UNSUPPORTED' });
      await store.replace(
        ninth,
        Buffer.from(JSON.stringify({ add: { ...add, stats: 'x'.repeat(2000) } }).slice(0, -9)),
      );
      await expect(restore(store)).rejects.toMatchObject({ code: 'RESTORE_UNCLEAR' });
      await store.delete(ninth);
      expect([await read(store), await logOf(store)]).toEqual([whole, log]);
    });
  });

  it('is right after a crash at any operation, and a repeat', async () => {
    await inFolder(async (root) => {
      const store = await make(root, 'archive', [3, 6]);
      const [whole, log] = [await read(store), await logOf(store)];
      const [empty = ''] = await ids(store, '11-20');
      // The whole log is lost: after a crash, the commits that were written look like a whole log.
      for (let at = 0, ended = false; !ended; at += 7) {
        await lose(store);
        const when = at % 2 === 0 ? 'before' : 'after';
        const first = await restore(new FlakyStore(store, at, when), { exclude: [empty] }).catch(
          () => undefined,
        );
        ended = first !== undefined;
        // Without the marker of the first attempt, which has what it was told, this would be refused.
        if ((await logOf(store)).size > 0) await restore(store);
        else await restore(store, { exclude: [empty] });
        expect({ at, ...(await read(store)) }).toEqual({ at, ...whole });
        expect(await store.stat('_parquetry/damaged/events/unfinished.json')).toBeUndefined();
      }
      await lose(store);
      for (const [key, bytes] of log) await store.replace(key, bytes);
      for (let at = 0, ended = false; !ended; at += 7) {
        await store.replace(`${LOG}_last_checkpoint`, Buffer.from('{'));
        await store.replace(`${LOG}${String(7).padStart(20, '0')}.json`, Buffer.from('{"add":'));
        await store.delete(`${LOG}${String(6).padStart(20, '0')}.checkpoint.parquet`);
        const first = await restore(new FlakyStore(store, at, at % 2 === 0 ? 'before' : 'after')).catch(
          () => undefined,
        );
        ended = first !== undefined;
        await restore(store);
        expect({ at, ...(await read(store)) }).toEqual({ at, ...whole });
        await lose(store);
        for (const [key, bytes] of log) await store.replace(key, bytes);
      }
    });
  }, 60_000);

  it('is only finished when what follows the log is, also after a crash', async () => {
    await inFolder(async (root) => {
      const store = await make(root, 'archive', []);
      const marker = '_parquetry/damaged/events/unfinished.json';
      await store.delete(`${LOG}${String(1).padStart(20, '0')}.json`);
      let calls = 0;
      const follow = async (): Promise<void> => {
        calls += 1;
        expect(await store.stat(marker)).toBeDefined();
        if (calls === 1) throw new Error('ended');
      };
      await expect(restore(store, { onRestored: follow })).rejects.toThrow('ended');
      expect(await restore(store, { dryRun: true, onRestored: follow })).toMatchObject({ outcome: 'whole' });
      expect(calls).toBe(1);
      await restore(store, { onRestored: follow });
      expect([calls, await store.stat(marker)]).toEqual([2, undefined]);
      await restore(store, { onRestored: follow });
      expect(calls).toBe(2);
    });
  });

  it('loses and doubles nothing when a run commits at any moment of the restore', async () => {
    await inFolder(async (root) => {
      for (const lost of ['one', 'all'])
        for (let at = 0, ended = false; !ended; at++) {
          const store = new LocalStore(path.join(root, `${lost}-${at}`));
          for (const start of [1, 11, 21]) await publish(root, store, { start, end: start + 9 });
          // This run knows the log from before it was damaged.
          const running = await open(store);
          await running.dataset('events').snapshot();
          if (lost === 'all') await lose(store);
          else await store.delete(`${LOG}${String(1).padStart(20, '0')}.json`);
          const schema = await running.registry.register('events', SMALL_SCHEMA);
          const draft = await plainDraft(root, { start: 31, end: 40 }, { schema });
          let count = 0;
          const busy: ObjectStore = Object.create(store, {
            ...Object.fromEntries(
              (['get', 'putIfAbsent', 'delete', 'stat'] as const).map((name) => [
                name,
                {
                  value: async (...args: [string, Uint8Array]) => {
                    if (count++ === at) await running.dataset('events').publish(draft);
                    return (store[name] as (...all: unknown[]) => unknown)(...args);
                  },
                },
              ]),
            ),
          }) as ObjectStore;
          const first = await restoreLog(await Archive.open(busy), 'events', { dryRun: false });
          ended = count <= at;
          if (ended) await running.dataset('events').publish(draft);
          // The run began a new log before the restore looked: that this is not the whole log, only people know.
          if (first.outcome === 'whole') {
            expect([lost, first.left.length]).toEqual(['all', 3]);
            await restoreLog(await Archive.open(store), 'events', { dryRun: false, adopt: true });
          }
          expect({ lost, at, ...(await read(store)) }).toMatchObject({ coverage: [{ start: 1, end: 40 }] });
          const { segments } = await (await open(store)).dataset('events').snapshot();
          expect(segments.map(({ range }) => range.start)).toEqual([1, 11, 21, 31]);
        }
    });
  }, 60_000);
});

/** Ids of the records of a range, oldest first. */
async function ids(store: ObjectStore, range: string): Promise<string[]> {
  const found: [string, string][] = [];
  for await (const { key } of store.list(`_parquetry/segments/events/${range}-`)) {
    const { recordedAt } = JSON.parse(Buffer.from(await store.get(key)).toString()) as { recordedAt: string };
    found.push([recordedAt, key.slice('_parquetry/segments/events/'.length, -'.json'.length)]);
  }
  return found.sort().map(([, id]) => id);
}
