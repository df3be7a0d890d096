import { utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from '../archive';
import { checkSnapshot } from '../check';
import type { SegmentDraft } from '../draft';
import { FlakyStore } from '../testing/flaky';
import { IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from '../testing/fixture';
import { type ClonedDataset, cloneArchive, type CloneRequest } from './clone';

const open = (store: ObjectStore): Promise<Archive> => Archive.open(store, { create: IDENTITY });

/** An archive at `root` with three segments of ten ledgers, one of them empty. */
async function makeSource(root: string): Promise<Archive> {
  const archive = await open(new LocalStore(path.join(root, 'a')));
  await archive.registry.register('events', SMALL_SCHEMA);
  for (const start of [1, 11, 21])
    await publish(archive, root, { start, end: start + 9 }, { count: start === 11 ? 0 : 2 });
  return archive;
}

async function publish(
  archive: Archive,
  root: string,
  range: SegmentDraft['range'],
  options: Parameters<typeof plainDraft>[2] = {},
): Promise<void> {
  const { replaced } = await archive.dataset('events').publish(await plainDraft(root, range, options));
  await archive.dataset('events').retire(replaced);
}

const clone = async (
  source: Archive,
  target: ObjectStore,
  root: string,
  request: Partial<CloneRequest> = {},
): Promise<ClonedDataset> => {
  const [only] = await cloneArchive(source, await open(target), { tempDir: root, ...request });
  return only as ClonedDataset;
};

/** The live segments and files of a store, all right on storage. */
async function state(
  store: ObjectStore,
): Promise<{ segments: string[]; files: string[]; orphans: string[] }> {
  const snapshot = await (await open(store)).dataset('events').snapshot();
  const orphans: string[] = [];
  for await (const { code, key, fault } of checkSnapshot(store, snapshot, { deep: true })) {
    expect([code, fault]).toEqual([code, false]);
    orphans.push(key);
  }
  return {
    segments: snapshot.segments.map(({ id }) => id),
    files: snapshot.files.map(({ path: file, sha256, rows }) => `${file} ${sha256} ${rows}`),
    orphans,
  };
}

describe('a clone', () => {
  it('is right after a crash at any operation on the target, before or after it is done, and a repeat', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const wanted = await state(source.store);
      let crashes = 0;
      for (let at = 0, ended = false; !ended; at++)
        for (const when of ['before', 'after'] as const) {
          const target = new LocalStore(path.join(root, `b-${at}-${when}`));
          const flaky = new FlakyStore(target, at, when);
          const first = await clone(source, flaky, root).catch(() => undefined);
          ended = first !== undefined;
          // A reader never sees a file that is missing.
          if (!ended) {
            crashes += 1;
            await state(target);
          }
          const { copied } = await clone(source, target, root);
          expect({ at, when, ...(await state(target)) }).toEqual({ at, when, ...wanted });
          if (ended) expect(copied).toBe(0);
        }
      expect(crashes).toBeGreaterThan(60);
    });
  }, 60_000);

  it('copies again what is missing or wrong at the target, and nothing else', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const target = new LocalStore(path.join(root, 'b'));
      expect(await clone(source, target, root)).toMatchObject({ committed: 3, copied: 4, rows: 20 });
      const [first, second, third] = await (await open(target)).dataset('events').files();
      await target.delete(first?.key ?? '');
      await target.replace(second?.key ?? '', Buffer.from('half'));
      const kept = (await target.stat(third?.key ?? ''))?.modified;
      expect(await clone(source, target, root)).toMatchObject({ committed: 0, copied: 2 });
      expect(await state(target)).toEqual(await state(source.store));
      expect((await target.stat(third?.key ?? ''))?.modified).toBe(kept);
      // Something left an object with other bytes a while ago, and a record that was cut off.
      const other = new LocalStore(path.join(root, 'c'));
      await other.replace(first?.key ?? '', Buffer.from('half'));
      const old = new Date(Date.now() - 2 * 24 * 3_600_000);
      await utimes(other.localPath(first?.key ?? ''), old, old);
      const record = `_parquetry/segments/events/${first?.segment}.json`;
      await other.replace(record, (await source.store.get(record)).subarray(0, 50));
      expect(await clone(source, other, root)).toMatchObject({ committed: 3, copied: 4 });
      expect(await state(other)).toEqual(await state(source.store));
    });
  });

  it('refuses a file of the source whose bytes are not the committed ones', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const [first] = await source.dataset('events').files();
      await writeFile(path.join(root, 'a', first?.key ?? ''), 'x'.repeat(first?.size ?? 0));
      const target = new LocalStore(path.join(root, 'b'));
      await expect(clone(source, target, root)).rejects.toMatchObject({
        code: 'FILE_CORRUPT',
        message: expect.stringContaining(first?.key ?? '?'),
      });
      expect((await state(target)).files).not.toContain(first?.path);
    });
  });

  it('keeps live files of the target that a replacement keeps, however old, without reading the source', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const target = new LocalStore(path.join(root, 'b'));
      await clone(source, target, root);
      const key = (await source.dataset('events').files())[0]?.key ?? '';
      const old = new Date(Date.now() - 3 * 24 * 3_600_000);
      await utimes(target.localPath(key), old, old);
      const other = { count: 2, mode: 'replace', contentHash: 'f'.repeat(64) } as const;
      await publish(source, root, { start: 1, end: 10 }, other);
      const wanted = await state(source.store);
      expect(wanted.files[0]).toContain(key.slice('events/'.length));
      await writeFile(path.join(root, 'a', key), 'altered');
      expect(await clone(source, target, root)).toMatchObject({ committed: 1, copied: 0, replaced: [] });
      expect(await state(target)).toEqual(wanted);
    });
  });

  it('deletes nothing of the target before the bytes of the source are known to be right', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const target = new LocalStore(path.join(root, 'b'));
      const key = (await source.dataset('events').files())[0]?.key ?? '';
      const right = await source.store.get(key);
      await target.putIfAbsent(key, right);
      const old = new Date(Date.now() - 3 * 24 * 3_600_000);
      await utimes(target.localPath(key), old, old);
      await writeFile(path.join(root, 'a', key), 'x'.repeat(right.length));
      await expect(clone(source, target, root)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
      expect(await target.get(key)).toEqual(right);
    });
  });

  it('refuses to replace a live file of the target by other bytes', async () => {
    await inFolder(async (root) => {
      const target = await open(new LocalStore(path.join(root, 'b')));
      await target.registry.register('events', SMALL_SCHEMA);
      await publish(target, root, { start: 1, end: 10 });
      const [file] = await target.dataset('events').files();
      const source = await open(new LocalStore(path.join(root, 'a')));
      await source.registry.register('events', SMALL_SCHEMA);
      await publish(source, root, { start: 1, end: 10 }, { text: 'another' });
      // As if the source had had the target's segment before.
      const record = `_parquetry/segments/events/${file?.segment}.json`;
      await source.store.putIfAbsent(record, await target.store.get(record));
      expect(await source.store.stat(file?.key ?? '')).toBeDefined();
      await expect(clone(source, target.store, root)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        message: expect.stringContaining(file?.key ?? '?'),
      });
      expect((await state(target.store)).files).toHaveLength(1);
    });
  });

  it('replaces no file that a run has just committed to the target, or may be about to', async () => {
    await inFolder(async (root) => {
      const source = await open(new LocalStore(path.join(root, 'a')));
      await source.registry.register('events', SMALL_SCHEMA);
      await publish(source, root, { start: 1, end: 10 }, { text: 'another' });
      const target = await open(new LocalStore(path.join(root, 'b')));
      await target.registry.register('events', SMALL_SCHEMA);
      // The run commits while the clone copies: right before the clone looks at the file's name.
      let committed: Promise<void> | undefined;
      const racing = Object.assign(Object.create(target.store) as LocalStore, {
        stat: async (key: string): ReturnType<ObjectStore['stat']> => {
          if (key.endsWith('.parquet')) await (committed ??= publish(target, root, { start: 1, end: 10 }));
          return target.store.stat(key);
        },
      });
      await expect(clone(source, racing, root)).rejects.toMatchObject({ code: 'COMMIT_CONTENDED' });
      expect((await state(target.store)).files).toHaveLength(1);

      // A file that nothing names yet, written just now.
      const fresh = new LocalStore(path.join(root, 'c'));
      const key = (await source.dataset('events').files())[0]?.key ?? '';
      await fresh.putIfAbsent(key, Buffer.from('of a run'));
      await expect(clone(source, fresh, root)).rejects.toMatchObject({ code: 'COMMIT_CONTENDED' });
      expect(Buffer.from(await fresh.get(key)).toString()).toBe('of a run');
    });
  });

  it('catches up with what the source added, replaced and merged since', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const target = new LocalStore(path.join(root, 'b'));
      await clone(source, target, root);
      await publish(source, root, { start: 31, end: 40 });
      await publish(source, root, { start: 1, end: 10 }, { text: 'other', mode: 'replace' });
      // A chain: the target never had the segment in its middle.
      await publish(source, root, { start: 1, end: 20 }, { text: 'merged', mode: 'replace' });
      await publish(source, root, { start: 1, end: 30 }, { text: 'again', mode: 'replace' });
      const { replaced, committed } = await clone(source, target, root);
      expect(committed).toBe(2);
      expect(replaced).toHaveLength(4);
      await (await open(target)).dataset('events').retire(replaced);
      expect(await state(target)).toEqual(await state(source.store));
      // The clone is an archive of its own: it continues, and the source's next segments still fit.
      await publish(await open(target), root, { start: 51, end: 60 });
      await publish(source, root, { start: 41, end: 50 });
      expect(await clone(source, target, root)).toMatchObject({
        committed: 1,
        coverage: [{ start: 1, end: 60 }],
      });
    });
  });

  it('is consistent while a run writes to the source and replaces files that are being copied', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const target = new LocalStore(path.join(root, 'b'));
      let turn = 0;
      const busy: ObjectStore = Object.create(new LocalStore(path.join(root, 'b')), {
        uploadIfAbsent: {
          value: async (...args: Parameters<ObjectStore['uploadIfAbsent']>) => {
            // Before each of the first uploads the source replaces and deletes the files of its first segment.
            if (turn < 3)
              await publish(source, root, { start: 1, end: 10 }, { text: `v${++turn}`, mode: 'replace' });
            await publish(source, root, { start: 31 + 10 * turn, end: 40 + 10 * turn }).catch(
              () => undefined,
            );
            return target.uploadIfAbsent(...args);
          },
        },
      }) as ObjectStore;
      await clone(source, busy, root);
      expect(turn).toBe(3);
      await state(target);
      await clone(source, target, root);
      expect(await state(target)).toMatchObject({ segments: (await state(source.store)).segments });
    });
  });

  it('refuses a range that cuts a segment and names the next that fit', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const target = new LocalStore(path.join(root, 'b'));
      await expect(clone(source, target, root, { ranges: [{ start: 5, end: 25 }] })).rejects.toMatchObject({
        code: 'RANGE_INVALID',
        hint: 'The next ranges that fit: 1-30 or 11-20.',
      });
      await expect(clone(source, target, root, { ranges: [{ start: 3, end: 8 }] })).rejects.toMatchObject({
        hint: 'The next ranges that fit: 1-10.',
      });
      expect(await clone(source, target, root, { ranges: [{ start: 11, end: 40 }] })).toMatchObject({
        segments: 2,
        coverage: [{ start: 11, end: 30 }],
      });
    });
  });

  it('refuses a target with other content in the same ledgers, or of another archive', async () => {
    await inFolder(async (root) => {
      const source = await makeSource(root);
      const target = await open(new LocalStore(path.join(root, 'b')));
      await publish(target, root, { start: 5, end: 14 }, { text: 'own' });
      await expect(clone(source, target.store, root)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        message: expect.stringContaining('5-14'),
      });
      const other = new LocalStore(path.join(root, 'c'));
      await Archive.open(other, { create: { ...IDENTITY, network: 'pubnet' } });
      await expect(open(other)).rejects.toMatchObject({ code: 'ARCHIVE_MISMATCH' });
    });
  });
});
