import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { Archive } from './archive';
import type { SegmentDraft } from './draft';
import { IDENTITY, inFolder, plainDraft } from './testing/fixture';

const workflow = { id: 'backfill-10-29', runId: 'r' };

describe('a draft that another writer overtook', () => {
  it('reports the remaining ranges and the other writer, when each ledger has the same number of rows', () =>
    inFolder(async (folder) => {
      const events = (
        await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY })
      ).dataset('events');
      await events.publish(await plainDraft(folder, { start: 10, end: 19 }, { workflow }));
      await events.publish(await plainDraft(folder, { start: 25, end: 29 }, { workflow }));
      const draft = await plainDraft(folder, { start: 15, end: 34 });
      await expect(events.publish(draft)).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' });
      expect(await events.overtaken(draft)).toMatchObject({
        segments: [
          { range: { start: 10, end: 19 }, workflow: workflow.id },
          { range: { start: 25, end: 29 } },
        ],
        rest: [
          { start: 20, end: 24 },
          { start: 30, end: 34 },
        ],
        message:
          'Ledgers 10-19, 25-29 of events were committed by backfill-10-29 meanwhile, with the same row count in each ledger; remaining: 20-24, 30-34.',
      });
      const inside = await plainDraft(folder, { start: 12, end: 14 });
      expect(await events.overtaken(inside)).toMatchObject({ rest: [] });
    }));

  it('is a conflict when its messages were read with other settings, whatever the ranges', () =>
    inFolder(async (folder) => {
      const events = (
        await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY })
      ).dataset('events');
      const first = await plainDraft(folder, { start: 10, end: 19 });
      await events.publish({ ...first, settings: { ...first.settings, closeTimePath: 'at' } });
      for (const range of [first.range, { start: 15, end: 24 }]) {
        const draft = await plainDraft(folder, range);
        const read = (settings: object): SegmentDraft => ({
          ...draft,
          settings: { ...draft.settings, ...settings },
        });
        expect(await events.overtaken(read({ closeTimePath: 'at', compression: 'zstd' }))).toBeDefined();
        for (const settings of [{}, { closeTimePath: 'time' }, { closeTimePath: 'at', ledgerPath: 'seq' }])
          expect(await events.overtaken(read(settings))).toBeUndefined();
      }
    }));

  it('is a conflict when a ledger has other rows, the content of the range differs, or it is a replacement', () =>
    inFolder(async (folder) => {
      const events = (
        await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY })
      ).dataset('events');
      await events.publish(await plainDraft(folder, { start: 10, end: 19 }));
      const same = await plainDraft(folder, { start: 10, end: 19 });
      const wider = await plainDraft(folder, { start: 10, end: 24 });
      const more = wider.ledgers.map((entry) => (entry.ledger === 12 ? { ...entry, rows: 2 } : entry));
      for (const draft of [
        { ...wider, ledgers: more },
        { ...wider, rejectedLedgers: [{ ledger: 12, rejected: 1 }] },
        { ...same, contentHash: 'f'.repeat(64) },
        { ...same, mode: 'replace' as const },
        await plainDraft(folder, { start: 30, end: 39 }),
      ])
        expect(await events.overtaken(draft)).toBeUndefined();
    }));
});
