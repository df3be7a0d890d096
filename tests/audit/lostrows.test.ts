import path from 'node:path';
import { Archive } from '@parquetry/archive';
import type { LedgerRange } from '@parquetry/core';
import { LocalStore } from '@parquetry/storage';
import {
  compactionOf,
  IDENTITY,
  inFolder,
  plainDraft,
  SMALL_SCHEMA,
} from '../../libs/archive/src/testing/fixture';
import { auditArchive } from '../../libs/audit/src/audit';
import { lostRows } from '../../libs/audit/src/lostrows';

/** The faults of an audit that reads no file. */
async function faults(archive: Archive, ranges?: readonly LedgerRange[]): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { findings } of auditArchive(archive, {
    level: 'size',
    ...(ranges === undefined ? {} : { ranges }),
  }))
    for (const { code, fault, message } of findings) if (fault) found.push([code, message]);
  return found;
}

/** An archive with ledgers 10–29 in two files; `commit` writes actions to the log as another program would. */
async function twoFiles(folder: string) {
  const store = new LocalStore(path.join(folder, 'archive'));
  const archive = await Archive.open(store, { create: IDENTITY });
  const events = archive.dataset('events');
  await archive.registry.register('events', SMALL_SCHEMA);
  const { segment } = await events.publish(await plainDraft(folder, { start: 10, end: 29 }, { count: 2 }));
  const files = (await events.snapshot()).files;
  let version = 0;
  const commit = (...actions: object[]): Promise<unknown> =>
    store.putIfAbsent(
      `events/_delta_log/${String(++version).padStart(20, '0')}.json`,
      Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join('')),
    );
  const remove = (index: number): object => ({
    remove: { path: files[index]?.path, deletionTimestamp: 0, dataChange: true },
  });
  return { archive, events, segment, commit, remove };
}

describe('rows that a live segment records', () => {
  it('are lost when a file leaves the log, although the coverage looks complete', () =>
    inFolder(async (folder) => {
      const { archive, events, commit, remove } = await twoFiles(folder);
      expect(await faults(archive)).toEqual([]);
      await commit(remove(1));
      expect((await events.snapshot()).coverage).toEqual([{ start: 10, end: 29 }]);
      const lost = [['RECORD_DIFFERS', expect.stringMatching(/lacks 1 of 2 files .*20-29/)]];
      expect(await faults(archive)).toEqual(lost);
      expect(await faults(archive, [{ start: 25, end: 29 }])).toEqual(lost);
      expect(await faults(archive, [{ start: 10, end: 19 }])).toEqual([]);
    }));

  it('are lost when the log says that the segment has no files', () =>
    inFolder(async (folder) => {
      const { archive, segment, commit, remove } = await twoFiles(folder);
      const domain = { domain: 'parquetry.segment.10-29', configuration: segment, removed: false };
      await commit(remove(0), remove(1), { domainMetadata: domain });
      expect(await faults(archive)).toEqual([
        ['RECORD_DIFFERS', expect.stringContaining('lacks 2 of 2 files')],
      ]);
    }));

  it('are lost when they are in no file of the record', () =>
    inFolder(async (folder) => {
      const { events, segment } = await twoFiles(folder);
      const { identity, ...record } = await events.segment(segment);
      const ledgers = [...identity.ledgers, ...[30, 31, 33].map((ledger) => ({ ledger, rows: 2 }))];
      const files = identity.files.slice(1);
      const altered = { ...record, identity: { ...identity, ledgers, files } };
      expect(lostRows(await events.snapshot(), [altered])).toMatchObject([
        { message: expect.stringMatching(/none of its files, in ledgers 10-19, 30-31, 33/) as string },
      ]);
    }));

  it('are all there after a compaction, and in a segment without rows', () =>
    inFolder(async (folder) => {
      const { archive, events } = await twoFiles(folder);
      await events.publish(await plainDraft(folder, { start: 30, end: 39 }, { count: 0 }));
      const whole = { start: 10, end: 39 };
      await events.publish(
        await plainDraft(folder, whole, {
          text: 'compacted',
          count: 3,
          ...(await compactionOf(events, whole)),
        }),
      );
      expect(await faults(archive)).toEqual([]);
    }));
});
