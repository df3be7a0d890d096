import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isParquetryError, type LedgerRange } from '@parquetry/core';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from './archive';
import { checkSnapshot, type Finding } from './check';
import type { SegmentDraft } from './draft';
import { FlakyStore } from './testing/flaky';
import { IDENTITY, inFolder, plainDraft, registered, sha256, SMALL_SCHEMA } from './testing/fixture';

const open = (store: ObjectStore): Promise<Archive> => Archive.open(store, { create: IDENTITY });
const range = (start: number, end: number): LedgerRange => ({ start, end });

async function findings(store: ObjectStore, archive: Archive, deep = false): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of checkSnapshot(store, await archive.dataset('events').snapshot(), { deep }))
    found.push(finding);
  return found;
}

/** Invariant 1: each covered ledger is in exactly one file, and each live file is on storage as committed. */
async function expectWhole(root: string, ledgers: LedgerRange): Promise<void> {
  const store = new LocalStore(root);
  const archive = await Archive.open(store);
  const snapshot = await archive.dataset('events').snapshot();
  expect(snapshot.coverage).toEqual([ledgers]);
  expect((await findings(store, archive, true)).filter(({ fault }) => fault)).toEqual([]);
  const rows = snapshot.files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
  expect(rows).toBe(ledgers.end - ledgers.start + 1);
}

describe('publish', () => {
  it('commits once and returns unchanged the second time', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const events = (await open(store)).dataset('events');
      const draft = await plainDraft(folder, range(10, 19), { count: 2, text: 'a' });
      const first = await events.publish(draft);
      expect(first).toMatchObject({ outcome: 'committed', version: 0, rows: 10, replaced: [] });
      expect(first.files.map(({ key }) => key)).toEqual([
        'events/year=2025/month=07/day=13/stellar-data-10-14-1752364870.parquet',
        'events/year=2025/month=07/day=13/stellar-data-15-19-1752364895.parquet',
      ]);
      const again = await (await open(store)).dataset('events').publish(draft);
      expect(again).toEqual({ ...first, outcome: 'unchanged' });
      const snapshot = await events.snapshot();
      expect(snapshot).toMatchObject({ version: 0, coverage: [range(10, 19)], schema: { version: 1 } });
      expect(await events.gaps(range(5, 25))).toEqual([range(5, 9), range(20, 25)]);
      expect((await events.files([range(1, 12)])).map((file) => file.range)).toEqual([range(10, 14)]);
      const record = await events.segment(first.segment);
      expect(record.identity).toMatchObject({
        range: range(10, 19),
        contentHash: draft.contentHash,
        rejects: null,
      });
      await expectWhole(store.uri, range(10, 19));
    }));

  it('commits what it has just uploaded when its clock is days ahead of the store', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const clock = (): number => Date.now() + 2 * 24 * 3_600_000;
      const archive = await Archive.open(store, { create: IDENTITY, clock });
      const { files } = await archive.dataset('events').publish(await plainDraft(folder, range(10, 14)));
      expect(files.map(({ key }) => key)).toEqual([
        'events/year=2025/month=07/day=13/stellar-data-10-14-1752364870.parquet',
      ]);
      expect((await findings(store, archive)).map(({ code }) => code)).toEqual([]);
    }));

  it('keeps empty segments in the coverage', () =>
    inFolder(async (folder) => {
      const events = (await open(new LocalStore(path.join(folder, 'archive')))).dataset('events');
      const empty = await plainDraft(folder, range(20, 29), { count: 0 });
      expect(await events.publish(empty)).toMatchObject({ outcome: 'committed', version: 0, files: [] });
      await events.publish(await plainDraft(folder, range(10, 19)));
      expect(await events.publish(empty)).toMatchObject({ outcome: 'unchanged', version: 1 });
      const snapshot = await events.snapshot();
      expect(snapshot.coverage).toEqual([range(10, 29)]);
      expect(snapshot.segments.map((segment) => segment.files)).toEqual([1, 0]);
    }));

  it('refuses overlaps and names the ranges', () =>
    inFolder(async (folder) => {
      const events = (await open(new LocalStore(path.join(folder, 'archive')))).dataset('events');
      await events.publish(await plainDraft(folder, range(10, 19)));
      await events.publish(await plainDraft(folder, range(20, 29)));
      for (const draft of [
        await plainDraft(folder, range(15, 24)),
        await plainDraft(folder, range(10, 29)),
        await plainDraft(folder, range(10, 19), { text: 'other' }),
        await plainDraft(folder, range(12, 19), { mode: 'replace' }),
        await plainDraft(folder, range(1, 15), { count: 0, mode: 'replace' }),
      ])
        await expect(events.publish(draft)).rejects.toMatchObject({
          code: 'COMMIT_CONFLICT',
          message: expect.stringContaining('10-19'),
        });
      expect((await events.snapshot()).version).toBe(1);
    }));

  it('replaces whole segments, retires their files, and can restore the old content', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const archive = await open(store);
      const events = archive.dataset('events');
      const a = await plainDraft(folder, range(10, 19), { text: 'a', mode: 'replace' });
      const b = await plainDraft(folder, range(10, 19), { text: 'b', mode: 'replace' });
      const first = await events.publish(a);
      const second = await events.publish(b);
      expect(second.replaced).toEqual(first.files.map(({ key }) => key));
      expect(second.files[0]!.key).toMatch(/stellar-data-10-19-\d+-[0-9a-f]{8}\.parquet$/);
      expect(await findings(store, archive)).toMatchObject([{ code: 'REPLACED_FILE', fault: false }]);
      expect((await events.publish(b)).replaced).toEqual(second.replaced);
      expect(await events.retire([...second.replaced, second.files[0]!.key])).toEqual(second.replaced);
      const third = await events.publish(a);
      expect(third.files[0]!.key).not.toBe(first.files[0]!.key);
      const fourth = await events.publish(b);
      const fifth = await events.publish(a);
      const keys = [first, second, third, fourth, fifth].flatMap(({ files }) => files.map(({ key }) => key));
      expect(new Set(keys).size).toBe(5);
      expect(await events.publish(a)).toMatchObject({ outcome: 'unchanged', version: 4 });
      expect((await events.snapshot()).files.map(({ key }) => key)).toEqual([keys[4]]);
      const wide = await plainDraft(folder, range(5, 29), { count: 3, text: 'wide', mode: 'replace' });
      expect(await events.publish(wide)).toMatchObject({ outcome: 'committed', version: 5 });
      const none = await plainDraft(folder, range(5, 29), { count: 0, text: 'none', mode: 'replace' });
      expect(await events.publish(none)).toMatchObject({ outcome: 'committed', version: 6, files: [] });
      expect(await events.publish(wide)).toMatchObject({ outcome: 'committed', version: 7 });
      expect((await events.snapshot()).segments).toHaveLength(1);
      await expectWhole(store.uri, range(5, 29));
    }));

  it('keeps a file that the replacement contains too', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const events = (await open(store)).dataset('events');
      const first = await events.publish(await plainDraft(folder, range(10, 19), { text: 'a' }));
      const draft = await plainDraft(folder, range(10, 19), {
        text: 'a',
        mode: 'replace',
        contentHash: sha256('x'),
      });
      const second = await events.publish(draft);
      expect(second).toMatchObject({ outcome: 'committed', replaced: [] });
      expect(second.files[0]!.key).toBe(first.files[0]!.key);
      await expectWhole(store.uri, range(10, 19));
    }));

  it('does not touch an object with the same name and other content', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const archive = await open(store);
      const draft = await plainDraft(folder, range(10, 19));
      const key = 'events/year=2025/month=07/day=13/stellar-data-10-19-1752364895.parquet';
      await store.putIfAbsent(key, Buffer.from('of a crash'));
      const result = await archive.dataset('events').publish(draft);
      expect(result.files[0]!.key).not.toBe(key);
      expect(Buffer.from(await store.get(key)).toString()).toBe('of a crash');
      expect(await findings(store, archive, true)).toMatchObject([
        { code: 'ORPHAN_FILE', key, fault: false },
      ]);
    }));

  it('publishes rejects with their segment', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const localPath = path.join(folder, 'rejects');
      await writeFile(localPath, '{"code":"NO_LEDGER"}\n');
      const rejects = { localPath, rows: 1, size: 21, sha256: sha256('{"code":"NO_LEDGER"}\n') };
      const events = (await open(store)).dataset('events');
      const { segment } = await events.publish(await plainDraft(folder, range(1, 2), { rejects }));
      const { identity } = await events.segment(segment);
      expect(Buffer.from(await store.get(identity.rejects!.key)).toString()).toContain('NO_LEDGER');
    }));

  it('refuses invalid drafts before it writes anything', () =>
    inFolder(async (folder) => {
      const root = path.join(folder, 'archive');
      const archive = await open(new LocalStore(root));
      const events = archive.dataset('events');
      const draft = await plainDraft(folder, range(10, 19));
      const file = draft.files[0]!;
      const bad: [Partial<SegmentDraft>, string][] = [
        [{ files: [{ ...file, rows: 9 }] }, 'VERIFY_MISMATCH'],
        [{ files: [{ ...file, range: range(10, 20) }] }, 'VERIFY_MISMATCH'],
        [{ files: [file, file] }, 'VERIFY_MISMATCH'],
        [{ files: [] }, 'VERIFY_MISMATCH'],
        [{ settings: { ...draft.settings, layout: { kind: 'hour' } } }, 'ARCHIVE_MISMATCH'],
      ];
      for (const [change, code] of bad)
        await expect(events.publish({ ...draft, ...change })).rejects.toMatchObject({ code });
      await writeFile(file.localPath, 'changed since it was verified');
      await expect(events.publish(draft)).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
      const signal = AbortSignal.abort();
      await expect(events.publish(draft, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
      expect((await events.snapshot()).version).toBe(-1);
      expect(await archive.datasets()).toEqual([]);
    }));

  it('accepts an extended schema and files of the older version, and no other schema', () =>
    inFolder(async (folder) => {
      const events = (await open(new LocalStore(path.join(folder, 'archive')))).dataset('events');
      const extra = { id: 3, name: 'note', type: { type: 'utf8' as const }, nullable: true };
      const grown = { ...SMALL_SCHEMA, fields: [...SMALL_SCHEMA.fields, extra] };
      const changed = {
        ...grown,
        fields: [...SMALL_SCHEMA.fields, { ...extra, type: { type: 'bool' as const } }],
      };
      const publish = async (start: number, schema = registered(SMALL_SCHEMA)): Promise<unknown> =>
        events.publish(await plainDraft(folder, range(start, start + 9), { schema }));
      await publish(10);
      await publish(20, registered(grown, 2));
      expect((await events.snapshot()).schema?.version).toBe(2);
      await publish(30);
      expect((await events.snapshot()).schema?.version).toBe(2);
      for (const schema of [registered(changed, 3), registered(SMALL_SCHEMA, 3), registered(changed, 2)])
        await expect(publish(40, schema)).rejects.toMatchObject({ code: 'SCHEMA_CONFLICT' });
    }));

  it('finds missing, truncated, altered and swapped files', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const archive = await open(store);
      const draft = await plainDraft(folder, range(10, 39), { count: 3 });
      const { files } = await archive.dataset('events').publish(draft);
      const at = (index: number): string => store.localPath(files[index]!.key);
      const bytes = await readFile(at(1));
      await rm(at(0));
      await writeFile(at(1), bytes.fill(7, 2, 3));
      await appendFile(at(2), 'x');
      expect((await findings(store, archive)).map(({ code }) => code)).toEqual([
        'FILE_MISSING',
        'SIZE_DIFFERS',
      ]);
      expect((await findings(store, archive, true)).map(({ code, key }) => [code, key])).toEqual([
        ['FILE_MISSING', files[0]!.key],
        ['SHA256_DIFFERS', files[1]!.key],
        ['SIZE_DIFFERS', files[2]!.key],
      ]);
    }));
});

describe('publish after a crash (invariant 1)', () => {
  it.each(['before', 'after'] as const)(
    'recovers from a crash %s any operation',
    (when) =>
      inFolder(async (folder) => {
        let crashed = true;
        let runs = 0;
        for (let at = 0; crashed; at++, runs++) {
          const root = path.join(folder, `${at}`);
          const old = await plainDraft(folder, range(10, 19), { text: 'old', count: 2 });
          const add = await plainDraft(folder, range(20, 29), { text: 'add', count: 2 });
          const swap = await plainDraft(folder, range(10, 19), { text: 'new', count: 2, mode: 'replace' });
          const flaky = new FlakyStore(new LocalStore(root), at, when);
          const work = async (store: ObjectStore): Promise<void> => {
            const events = (await open(store)).dataset('events');
            if ((await events.gaps(range(10, 19))).length > 0) await events.publish(old);
            await events.publish(add);
            const { replaced } = await events.publish(swap);
            await events.retire(replaced);
          };
          await work(flaky).catch((error: unknown) => {
            if (!isParquetryError(error) || error.code !== 'STORAGE_UNREACHABLE') throw error;
          });
          crashed = flaky.failed;
          await work(new LocalStore(root));
          await expectWhole(root, range(10, 29));
          const snapshot = await (await Archive.open(new LocalStore(root))).dataset('events').snapshot();
          expect(snapshot.version).toBe(2);
          expect(snapshot.files).toHaveLength(4);
        }
        expect(runs).toBeGreaterThan(30);
      }),
    120_000,
  );
});

describe('concurrent publishers', () => {
  it('commit the same range once', () =>
    inFolder(async (folder) => {
      const root = path.join(folder, 'archive');
      const draft = await plainDraft(folder, range(10, 19), { count: 3 });
      const results = await Promise.all(
        Array.from({ length: 6 }, async () =>
          (await open(new LocalStore(root))).dataset('events').publish(draft),
        ),
      );
      expect(results.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
      expect(new Set(results.map(({ segment }) => segment)).size).toBe(1);
      await expectWhole(root, range(10, 19));
    }));

  it('let one of two overlapping ranges win', () =>
    inFolder(async (folder) => {
      for (let round = 0; round < 5; round++) {
        const root = path.join(folder, `archive-${round}`);
        const drafts = [await plainDraft(folder, range(10, 19)), await plainDraft(folder, range(15, 24))];
        const results = await Promise.allSettled(
          drafts.map(async (draft) => (await open(new LocalStore(root))).dataset('events').publish(draft)),
        );
        const lost = results.filter((result) => result.status === 'rejected');
        expect(lost).toMatchObject([{ reason: { code: 'COMMIT_CONFLICT' } }]);
        await expectWhole(root, drafts[results.findIndex(({ status }) => status === 'fulfilled')]!.range);
      }
    }));

  it('lose none of 200 commits by 8 writers', () =>
    inFolder(async (folder) => {
      const root = path.join(folder, 'archive');
      const writers = await Promise.all(Array.from({ length: 8 }, () => open(new LocalStore(root))));
      await Promise.all(
        writers.map(async (archive, writer) => {
          for (let turn = 0; turn < 25; turn++) {
            const start = 1 + (turn * 8 + writer) * 10;
            await archive.dataset('events').publish(await plainDraft(folder, range(start, start + 9)));
          }
        }),
      );
      await expectWhole(root, range(1, 2000));
      const snapshot = await (await Archive.open(new LocalStore(root))).dataset('events').snapshot();
      expect(snapshot.version).toBe(199);
      expect(snapshot.files).toHaveLength(200);
      expect((await readdir(path.join(root, 'events/_delta_log'))).length).toBe(200);
    }));
});
