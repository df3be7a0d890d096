import { utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { LocalStore } from '@parquetry/storage';
import { compactionOf, IDENTITY, inFolder, plainDraft, sha256 } from '../../libs/archive/src/testing/fixture';
import { newRejects } from '../../libs/audit/src/newrejects';

/** Commits ten ledgers with this many rejects; a compaction replaces what is there and keeps its rejects. */
async function commit(
  folder: string,
  archive: Archive,
  range: { readonly start: number; readonly end: number },
  rejects: number,
  compaction?: true,
): Promise<void> {
  const line = `${JSON.stringify({ code: 'NO_LEDGER', reason: 'no ledger', position: 'f:1' })}\n`;
  const localPath = path.join(folder, `rejects-${rejects}`);
  await writeFile(localPath, line.repeat(rejects));
  const found = {
    localPath,
    rows: rejects,
    size: line.length * rejects,
    sha256: sha256(line.repeat(rejects)),
  };
  const events = archive.dataset('events');
  await events.publish(
    await plainDraft(folder, range, {
      text: `${range.start} ${compaction ?? ''}`,
      ...(rejects === 0 ? {} : { rejects: found }),
      ...(compaction === undefined ? {} : await compactionOf(events, range)),
    }),
  );
}

describe('new rejects', () => {
  it('are those since the last report: by reason and range, once, also after a compaction', () =>
    inFolder(async (folder) => {
      const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY });
      const report = (run: string, now: number): ReturnType<typeof newRejects> =>
        newRejects(archive, { run, now });
      await commit(folder, archive, { start: 1, end: 10 }, 2);
      await commit(folder, archive, { start: 11, end: 20 }, 1);
      await commit(folder, archive, { start: 21, end: 30 }, 0);
      const reason = { dataset: 'events', code: 'NO_LEDGER', example: 'f:1: no ledger' };
      const first = await report('a', 100);
      expect(first).toMatchObject({
        total: 3,
        reasons: [{ ...reason, count: 3, ranges: [{ start: 1, end: 20 }] }],
      });
      expect(first).not.toHaveProperty('since');
      // A retry of the same step, after its answer was lost.
      expect(await report('a', 101)).toEqual(first);
      expect(await report('b', 200)).toMatchObject({ total: 0, reasons: [], since: 101 });

      await commit(folder, archive, { start: 1, end: 30 }, 3, true);
      await archive.store.putIfAbsent(
        '_parquetry/rejects/late/x.ndjson',
        Buffer.from('{"code":"LATE_MESSAGE"}\n'),
      );
      await commit(folder, archive, { start: 31, end: 40 }, 4);
      expect(await report('c', 300)).toMatchObject({
        total: 5,
        since: 200,
        reasons: [
          { ...reason, count: 4, ranges: [{ start: 31, end: 40 }] },
          { dataset: '(late messages)', code: 'LATE_MESSAGE', count: 1 },
        ],
      });
      expect(await report('d', 400)).toMatchObject({ total: 0, since: 300 });
      // New, and compacted before the report.
      await commit(folder, archive, { start: 41, end: 50 }, 6);
      await commit(folder, archive, { start: 41, end: 50 }, 6, true);
      expect(await report('f', 450)).toMatchObject({
        total: 6,
        reasons: [{ ranges: [{ start: 41, end: 50 }] }],
      });
      // A clone has no record of the segments that were replaced: their rejects count as new.
      const id = (await archive.dataset('events').snapshot()).segments.find(
        ({ range }) => range.end === 50,
      )?.id;
      const { identity } = await archive.dataset('events').segment(id ?? '');
      await commit(folder, archive, { start: 41, end: 50 }, 7, true);
      await archive.store.delete(`_parquetry/segments/events/${id}.json`);
      expect(identity.replaces).toHaveLength(1);
      expect(await report('g', 460)).toMatchObject({ total: 7 });
      // The mark is only a hint: without it, all are reported again.
      await archive.store.replace('_parquetry/upkeep/rejects.json', Buffer.from('{'));
      expect(await report('e', 500)).toMatchObject({ total: 15 });
    }));

  it('without a dataset are reported in a later run where one would read too many, also those of the same second', () =>
    inFolder(async (folder) => {
      const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY });
      const add = async (name: string, second: number): Promise<void> => {
        const key = `_parquetry/rejects/late/${name}.ndjson`;
        await archive.store.putIfAbsent(key, Buffer.from('{"code":"LATE_MESSAGE"}\n'));
        await utimes(path.join(folder, 'archive', key), second, second);
      };
      const report = (run: string, files = 2): ReturnType<typeof newRejects> =>
        newRejects(archive, { run, now: 1, limits: { files, bytes: 1e6 } });
      for (const [index, name] of ['c', 'b', 'a', 'd', 'e'].entries()) await add(name, index < 2 ? 100 : 200);
      // A segment's rejects are counted without a read: those without a segment are read first.
      await commit(folder, archive, { start: 1, end: 10 }, 3);
      const first = await report('1');
      expect(first).toMatchObject({ total: 5, unread: 3, filesLeft: 3 });
      expect(await report('1')).toEqual(first);
      expect(await report('2')).toMatchObject({ total: 2, unread: 0, filesLeft: 1 });
      await add('0', 200);
      expect(await report('3')).toMatchObject({ total: 2, unread: 0, filesLeft: 0 });
      expect(await report('4')).toMatchObject({ total: 0, filesLeft: 0 });
      await add('f', 200);
      expect(await report('5', 1)).toMatchObject({ total: 1, filesLeft: 0 });
      expect(await report('6')).toMatchObject({ total: 0, filesLeft: 0 });
      // Of an upload that began before the last report.
      await add('g', 150);
      expect(await report('7')).toMatchObject({ total: 1, filesLeft: 0 });
      // A mark of an earlier version has no keys.
      const mark = JSON.parse(
        Buffer.from(await archive.store.get('_parquetry/upkeep/rejects.json')).toString(),
      ) as { after: { looseKeys?: unknown } };
      delete mark.after.looseKeys;
      await archive.store.replace('_parquetry/upkeep/rejects.json', Buffer.from(JSON.stringify(mark)));
      expect(await report('8')).toMatchObject({ total: 0, filesLeft: 0 });
      await add('h', 200);
      expect(await report('9')).toMatchObject({ total: 1, filesLeft: 0 });
    }));
});
