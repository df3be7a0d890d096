import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MAX_LEDGER } from '@parquetry/core';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from './archive';
import { assertMajor, majorAt, Majors, parseDataset, splitByMajor } from './majors';
import { majorCoverage, promote } from './promote';
import { IDENTITY, inFolder, plainDraft, registered, SMALL_SCHEMA } from './testing/fixture';

const code = (name: string): Error => expect.objectContaining({ code: name }) as Error;
const small = registered(SMALL_SCHEMA);

async function archiveAt(folder: string): Promise<Archive> {
  const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY });
  await archive.registry.register('events', SMALL_SCHEMA);
  return archive;
}

async function commit(
  folder: string,
  archive: Archive,
  dataset: string,
  start: number,
  end: number,
): Promise<void> {
  const schema = { ...small, subject: dataset };
  await archive.dataset(dataset).publish(await plainDraft(folder, { start, end }, { schema, text: dataset }));
}

/** A store where something happens right before the first call of an operation. */
function before(
  store: ObjectStore,
  operation: keyof ObjectStore,
  happens: () => Promise<unknown>,
): ObjectStore {
  let due = true;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      if (name !== operation || !due) return call;
      due = false;
      return async (...args: unknown[]) => {
        await happens();
        return call(...args);
      };
    },
  });
}

describe('majors', () => {
  it('partition all ledgers and map each one to its dataset', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      expect(await archive.majors.list('events')).toEqual([
        { major: 1, dataset: 'events', range: { start: 1, end: MAX_LEDGER } },
      ]);
      await promote(archive, 'events', 1000);
      expect(await promote(archive, 'events', 5000)).toEqual({
        outcome: 'created',
        major: { major: 3, dataset: 'events.v3', range: { start: 5000, end: MAX_LEDGER } },
        before: { major: 2, dataset: 'events.v2', range: { start: 1000, end: 4999 } },
      });
      const majors = await new Majors(archive.store).list('events');
      const found = [1, 999, 1000, 4999, 5000, MAX_LEDGER].map((ledger) => majorAt(majors, ledger).dataset);
      expect(found).toEqual(['events', 'events', 'events.v2', 'events.v2', 'events.v3', 'events.v3']);
      expect(await archive.majors.majorFor('events', 1000)).toMatchObject({ dataset: 'events.v2' });
      expect(() => majorAt(majors, 0)).toThrow(code('RANGE_INVALID'));
      expect(splitByMajor(majors, { start: 990, end: 1009 })).toEqual([
        { major: 1, dataset: 'events', range: { start: 990, end: 999 } },
        { major: 2, dataset: 'events.v2', range: { start: 1000, end: 1009 } },
      ]);
      assertMajor(majors, 'events.v2', { start: 1000, end: 4999 });
      expect(() => assertMajor(majors, 'events', { start: 990, end: 1009 })).toThrow(code('COMMIT_CONFLICT'));
      expect(parseDataset('events.v12')).toEqual({ messageType: 'events', major: 12 });
      expect(parseDataset('events')).toEqual({ messageType: 'events', major: 1 });
    }));

  it('are promoted once: a repetition changes nothing, an earlier ledger is refused', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      expect((await promote(archive, 'events', 1000)).outcome).toBe('created');
      expect(await promote(archive, 'events', 1000)).toMatchObject({
        outcome: 'exists',
        major: { major: 2 },
      });
      await expect(promote(archive, 'events', 999)).rejects.toEqual(code('COMMIT_CONFLICT'));
      await expect(promote(archive, 'events', 1)).rejects.toEqual(code('RANGE_INVALID'));
      await expect(promote(archive, 'other', 10)).rejects.toEqual(code('MESSAGE_TYPE_UNKNOWN'));
      await expect(promote(archive, '../x', 10)).rejects.toEqual(code('MESSAGE_TYPE_INVALID'));
      await expect(promote(archive, 'events.v2', 10)).rejects.toEqual(code('MESSAGE_TYPE_INVALID'));
    }));

  it('of concurrent promotions to different ledgers one wins and the others fail with a clear error', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      const results = await Promise.allSettled(
        [100, 200, 300, 100].map((from) => new Majors(archive.store).record('events', from)),
      );
      const majors = await archive.majors.list('events');
      const won = results.filter(({ status }) => status === 'fulfilled').length;
      expect(won).toBeGreaterThan(0);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toEqual(code('COMMIT_CONFLICT'));
        else expect(majors.map(({ range }) => range.start)).toContain(result.value.major.range.start);
    }));

  it('a new major never starts inside committed ledgers', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      await commit(folder, archive, 'events', 10, 19);
      await commit(folder, archive, 'events', 40, 49);
      await expect(promote(archive, 'events', 15)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        message: expect.stringContaining('15-19, 40-49'),
        hint: 'Promote from ledger 50 on.',
      });
      expect(await archive.majors.list('events')).toHaveLength(1);
      await promote(archive, 'events', 50);
      await archive.registry.register('events.v2', { ...SMALL_SCHEMA, doc: 'new' });
      await commit(folder, archive, 'events.v2', 50, 59);
      const { coverage, faults, majors } = await majorCoverage(archive, 'events');
      expect(coverage).toEqual([
        { start: 10, end: 19 },
        { start: 40, end: 59 },
      ]);
      expect(faults).toEqual([]);
      expect(majors.map((major) => major.coverage)).toEqual([
        [
          { start: 10, end: 19 },
          { start: 40, end: 49 },
        ],
        [{ start: 50, end: 59 }],
      ]);
      expect(await archive.datasets()).toEqual(['events', 'events.v2']);
    }));

  it('a commit whose ledgers are promoted during its upload is refused', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      const slow = await Archive.open(
        before(archive.store, 'uploadIfAbsent', () => promote(archive, 'events', 15)),
      );
      await expect(commit(folder, slow, 'events', 10, 19)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        message: 'Ledgers 15-19 belong to events.v2, not to events.',
      });
      expect((await majorCoverage(archive, 'events')).coverage).toEqual([]);
      await commit(folder, archive, 'events', 10, 14);
    }));

  it('a promotion is withdrawn when its ledgers were committed before its record', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      const commitOld = (): Promise<void> => commit(folder, archive, 'events', 10, 19);
      const slow = await Archive.open(before(archive.store, 'putIfAbsent', commitOld));
      await expect(promote(slow, 'events', 15)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        message: expect.stringContaining('events has committed ledgers 15-19'),
        hint: 'Promote from ledger 20 on.',
      });
      expect(await archive.majors.list('events')).toHaveLength(1);
      expect((await promote(slow, 'events', 20)).outcome).toBe('created');
    }));

  it('a promotion that a run has used already is not withdrawn', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      const slow = await Archive.open(
        before(archive.store, 'putIfAbsent', async () => {
          await commit(folder, archive, 'events', 10, 19);
          await archive.majors.record('events', 15);
          await commit(folder, archive, 'events.v2', 20, 29);
          await archive.majors.withdraw('events', await archive.majors.majorFor('events', 20));
        }),
      );
      await expect(promote(slow, 'events', 15)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        hint: expect.stringContaining('events.v2 was recorded and stays'),
      });
      expect((await majorCoverage(archive, 'events')).faults).toMatchObject([{ kind: 'misplaced' }]);
    }));

  it('a promotion that is repeated after it was killed does not hide the ledgers of a commit', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      await commit(folder, archive, 'events', 10, 19);
      // Of the promotion that was killed.
      await archive.majors.record('events', 15);
      await expect(promote(archive, 'events', 15)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        hint: expect.stringContaining('stays'),
      });
      expect((await archive.majors.list('events')).map(({ dataset }) => dataset)).toEqual([
        'events',
        'events.v2',
      ]);
    }));

  it('an overlap of majors is a fault', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      await commit(folder, archive, 'events', 40, 54);
      await archive.majors.record('events', 50);
      await commit(folder, archive, 'events.v2', 50, 59);
      const { faults, coverage } = await majorCoverage(archive, 'events');
      expect(coverage).toEqual([{ start: 40, end: 59 }]);
      expect(faults).toEqual([
        {
          kind: 'overlap',
          datasets: ['events', 'events.v2'],
          ledgers: [{ start: 50, end: 54 }],
          message: '5 ledgers are in both events and events.v2: 50-54.',
        },
        {
          kind: 'misplaced',
          datasets: ['events'],
          ledgers: [{ start: 50, end: 54 }],
          message: '5 ledgers of events belong to another major: 50-54.',
        },
      ]);
    }));

  it('an altered or missing record is found', () =>
    inFolder(async (folder) => {
      const archive = await archiveAt(folder);
      await promote(archive, 'events', 100);
      const record = path.join(folder, 'archive/_parquetry/majors/events/2.json');
      const text = await readFile(record, 'utf8');
      for (const bad of [
        '',
        'null',
        '[]',
        text.replace('100', '1'),
        text.replace('events.v2', 'events.v3'),
      ]) {
        await writeFile(record, bad);
        await expect(archive.majors.list('events')).rejects.toEqual(code('ARCHIVE_INVALID'));
      }
      await writeFile(record, text);
      await writeFile(path.join(folder, 'archive/_parquetry/majors/events/4.json'), text);
      await expect(archive.majors.list('events')).rejects.toEqual(code('ARCHIVE_INVALID'));
    }));
});
