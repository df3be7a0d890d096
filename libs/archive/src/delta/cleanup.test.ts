import { copyFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { Archive } from '../archive';
import type { Dataset } from '../dataset';
import { duckCheckpointWriter } from '../testing/duck';
import { IDENTITY, inFolder, plainDraft } from '../testing/fixture';

const DAY_MS = 24 * 3_600_000;
const RETENTION_MS = 10 * DAY_MS;

/** An archive with one commit a day, the days of its checkpoints, and its clock. */
class Daily {
  /** Days since the first commit. */
  day = 0;
  private readonly start = Date.now() - 70 * DAY_MS;
  readonly store: LocalStore;

  constructor(private readonly folder: string) {
    this.store = new LocalStore(path.join(folder, 'archive'));
  }

  /** Opens the archive as another process does. */
  async open(): Promise<Dataset> {
    const options = { create: IDENTITY, checkpointWriter: duckCheckpointWriter, clock: () => this.now() };
    return (await Archive.open(this.store, options)).dataset('events');
  }

  now(): number {
    return this.start + this.day * DAY_MS;
  }

  /** Commits on each day before `end`; a commit's version is its day. */
  async commitUntil(events: Dataset, end: number, checkpoints: readonly number[] = []): Promise<void> {
    for (; this.day < end; this.day++) {
      await events.publish(await plainDraft(this.folder, this.range(this.day)));
      if (checkpoints.includes(this.day)) await events.checkpoint({ force: true });
      await this.age();
    }
  }

  /** Gives the objects of the newest version the time of its day. */
  private async age(): Promise<void> {
    const time = new Date(this.now());
    for (const name of ['json', 'checkpoint.parquet']) {
      const file = `events/_delta_log/${String(this.day).padStart(20, '0')}.${name}`;
      await utimes(this.store.localPath(file), time, time).catch(() => undefined);
    }
  }

  private range(day: number): { start: number; end: number } {
    return { start: 1 + day * 10, end: 10 + day * 10 };
  }

  clean(events: Dataset): ReturnType<Dataset['cleanLog']> {
    return events.cleanLog(this.now() - RETENTION_MS);
  }

  /** Names of the log's files, without their leading zeros. */
  async names(): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of this.store.list('events/_delta_log/'))
      found.push(path.basename(key).replace(/^0+(?=\d)/, ''));
    return found;
  }
}

describe('log clean-up', () => {
  it('keeps what every version within the retention needs', () =>
    inFolder(async (folder) => {
      const daily = new Daily(folder);
      const events = await daily.open();
      await daily.commitUntil(events, 25, [4, 9, 20]);
      // Day 25: the version of day 15 was current 10 days ago; its readers begin with checkpoint 9.
      const cleaned = await daily.clean(events);
      expect(cleaned).toMatchObject({ commits: 9, checkpoints: 1, oldest: 9 });
      expect(cleaned.bytes).toBeGreaterThan(1000);
      expect((await daily.names()).slice(0, 4)).toEqual([
        '9.checkpoint.parquet',
        '9.json',
        '10.json',
        '11.json',
      ]);
      for (const reader of [events, await daily.open()]) {
        expect(await reader.snapshot()).toMatchObject({ version: 24, coverage: [{ start: 1, end: 250 }] });
        expect(await reader.snapshotAt({ time: daily.now() - RETENTION_MS })).toMatchObject({ version: 15 });
        expect(await reader.snapshotAt({ version: 9 })).toMatchObject({ coverage: [{ start: 1, end: 100 }] });
        await expect(reader.snapshotAt({ version: 8 })).rejects.toMatchObject({
          code: 'USAGE',
          message: 'events no longer has version 8: log clean-up removed it. Its versions are 9 to 24.',
        });
        await expect(reader.snapshotAt({ time: daily.now() - 20 * DAY_MS })).rejects.toMatchObject({
          code: 'USAGE',
          message: expect.stringMatching(
            /no longer has the version of .*Z: log clean-up removed it/,
          ) as string,
        });
      }
      expect(await daily.clean(events)).toEqual({ commits: 0, checkpoints: 0, bytes: 0 });
      await daily.commitUntil(events, 40);
      expect(await daily.clean(await daily.open())).toMatchObject({
        commits: 11,
        checkpoints: 1,
        oldest: 20,
      });
      expect(await (await daily.open()).snapshot()).toMatchObject({ version: 39 });
    }));

  it('does not disturb a process whose state began with a removed commit', () =>
    inFolder(async (folder) => {
      const daily = new Daily(folder);
      const [cleaner, other] = [await daily.open(), await daily.open()];
      await daily.commitUntil(cleaner, 1);
      await other.snapshot();
      await daily.commitUntil(cleaner, 25, [9]);
      expect(await daily.clean(cleaner)).toMatchObject({ oldest: 9 });
      expect(await other.snapshot()).toMatchObject({ version: 24 });
      await daily.commitUntil(other, 27);
      expect(await cleaner.snapshot()).toMatchObject({ version: 26, coverage: [{ start: 1, end: 270 }] });
    }));

  it('removes nothing without an old checkpoint, or with a retention that is too short', () =>
    inFolder(async (folder) => {
      const daily = new Daily(folder);
      const events = await daily.open();
      expect(await daily.clean(events)).toEqual({ commits: 0, checkpoints: 0, bytes: 0 });
      await daily.commitUntil(events, 25, [16, 24]);
      expect(await daily.clean(events)).toEqual({ commits: 0, checkpoints: 0, bytes: 0 });
      expect(await events.cleanLog(daily.now())).toMatchObject({
        commits: 0,
        kept: 'The retention is too short.',
      });
      expect(await daily.names()).toHaveLength(28);
    }));

  it.each([
    ['is damaged', async (file: string) => writeFile(file, 'junk')],
    [
      // The checkpoint of another day: it can be read, but lacks files.
      'differs from its commits',
      async (file: string) => copyFile(file.replace('009.check', '004.check'), file),
    ],
  ])('removes nothing when the checkpoint %s', (_what, change) =>
    inFolder(async (folder) => {
      const daily = new Daily(folder);
      await daily.commitUntil(await daily.open(), 25, [4, 9, 24]);
      const file = daily.store.localPath(`events/_delta_log/${'9'.padStart(20, '0')}.checkpoint.parquet`);
      await change(file);
      await utimes(file, 1, 1);
      const cleaned = await daily.clean(await daily.open());
      expect(cleaned).toMatchObject({ commits: 0, kept: expect.stringMatching(/^Checkpoint 9 /) as string });
      expect(await daily.names()).toContain('0.json');
    }),
  );

  it('removes nothing while the hint names an older checkpoint', () =>
    inFolder(async (folder) => {
      const daily = new Daily(folder);
      const events = await daily.open();
      await daily.commitUntil(events, 25, [4, 9]);
      await daily.store.replace('events/_delta_log/_last_checkpoint', Buffer.from('{"version":4,"size":1}'));
      expect(await daily.clean(events)).toMatchObject({
        commits: 0,
        kept: expect.stringMatching(/^_last_checkpoint /) as string,
      });
    }));

  it('continues after an interruption at any object, and the log is readable meanwhile', () =>
    inFolder(async (folder) => {
      const daily = new Daily(folder);
      const events = await daily.open();
      await daily.commitUntil(events, 25, [4, 9]);
      const remove = daily.store.delete.bind(daily.store);
      let removed = 0;
      jest.spyOn(daily.store, 'delete').mockImplementation(async (key) => {
        if (removed === 1) throw new Error('killed');
        removed += 1;
        return remove(key);
      });
      for (let left = 10; left > 0; left--) {
        removed = 0;
        const outcome = await daily.clean(events).catch(() => 'killed');
        expect(outcome === 'killed').toBe(left > 1);
        const reader = await daily.open();
        expect(await reader.snapshot()).toMatchObject({ version: 24, coverage: [{ start: 1, end: 250 }] });
        expect(await reader.snapshotAt({ version: 15 })).toMatchObject({
          coverage: [{ start: 1, end: 160 }],
        });
      }
      expect((await daily.names())[0]).toBe('9.checkpoint.parquet');
    }));
});
