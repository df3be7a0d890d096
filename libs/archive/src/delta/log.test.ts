import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { Archive } from '../archive';
import { checkSnapshot } from '../check';
import { IDENTITY, inFolder, plainDraft } from '../testing/fixture';
import { commitName } from './paths';

async function archiveOf(folder: string, commits: number): Promise<Archive> {
  const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY });
  for (let index = 0; index < commits; index++)
    await archive
      .dataset('events')
      .publish(await plainDraft(folder, { start: 1 + index * 10, end: 10 + index * 10 }));
  return archive;
}

const logKey = (version: number): string => `events/_delta_log/${commitName(version)}`;

describe('the commit log', () => {
  it('has one action a line, with tags, stats, coverage and the writer', () =>
    inFolder(async (folder) => {
      const { store } = await archiveOf(folder, 2);
      const lines = (version: number) =>
        store.get(logKey(version)).then((bytes) =>
          Buffer.from(bytes)
            .toString()
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>),
        );
      const [first, second] = [await lines(0), await lines(1)];
      expect(first.map((line) => Object.keys(line)[0])).toEqual([
        'commitInfo',
        'protocol',
        'metaData',
        'txn',
        'add',
        'domainMetadata',
      ]);
      expect(second).toMatchObject([
        { commitInfo: { operation: 'WRITE', engineInfo: expect.stringMatching(/^parquetry\/\d/) } },
        { txn: { appId: 'parquetry:11-20', version: 0 } },
        {
          add: {
            path: 'year=2025/month=07/day=13/stellar-data-11-20-1752364900.parquet',
            partitionValues: { year: '2025', month: '07', day: '13' },
            dataChange: true,
            stats:
              '{"numRecords":10,"minValues":{"ledger_sequence":11,"closed_at":"2025-07-13T00:00:55.000Z"},"maxValues":{"ledger_sequence":20,"closed_at":"2025-07-13T00:01:40.000Z"},"nullCount":{"ledger_sequence":0,"closed_at":0}}',
            tags: {
              'parquetry.ledgers': '11-20',
              'parquetry.segment': expect.stringMatching(/^11-20-[0-9a-f]{32}$/),
            },
          },
        },
        {
          domainMetadata: {
            domain: 'parquetry.coverage',
            configuration: '{"ranges":[[1,20]]}',
            removed: false,
          },
        },
      ]);
    }));

  it('is refused with a missing commit, a damaged line or a missing start', () =>
    inFolder(async (folder) => {
      const { store } = await archiveOf(folder, 4);
      const corrupt = async (): Promise<void> =>
        expect((await Archive.open(store)).dataset('events').snapshot()).rejects.toMatchObject({
          code: 'LOG_CORRUPT',
        });
      const bytes = await store.get(logKey(2));
      await store.delete(logKey(2));
      await corrupt();
      await store.putIfAbsent(logKey(2), bytes.subarray(0, bytes.length - 9));
      await corrupt();
      await store.replace(logKey(2), bytes);
      const first = await store.get(logKey(0));
      await store.delete(logKey(0));
      await corrupt();
      await store.putIfAbsent(logKey(0), first);
      expect((await (await Archive.open(store)).dataset('events').snapshot()).version).toBe(3);
    }));

  it('recovers when a damaged commit is restored', () =>
    inFolder(async (folder) => {
      const archive = await archiveOf(folder, 1);
      const other = await archiveOf(folder, 0);
      const events = archive.dataset('events');
      await events.snapshot();
      await other.dataset('events').publish(await plainDraft(folder, { start: 11, end: 20 }));
      const bytes = await archive.store.get(logKey(1));
      await archive.store.replace(logKey(1), Buffer.from('junk'));
      await expect(events.snapshot()).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
      await archive.store.replace(logKey(1), bytes);
      expect((await events.snapshot()).version).toBe(1);
    }));

  it('with files of another program is read and reported, but not written to', () =>
    inFolder(async (folder) => {
      const archive = await archiveOf(folder, 1);
      const add = {
        path: 'other.parquet',
        partitionValues: {},
        size: 1,
        modificationTime: 1,
        dataChange: true,
      };
      await archive.store.putIfAbsent(logKey(1), Buffer.from(JSON.stringify({ add })));
      const events = archive.dataset('events');
      expect((await events.files([{ start: 500, end: 501 }])).map(({ path: name }) => name)).toEqual([
        'other.parquet',
      ]);
      await expect(events.publish(await plainDraft(folder, { start: 50, end: 59 }))).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
      });
      const codes: string[] = [];
      for await (const { code } of checkSnapshot(archive.store, await events.snapshot())) codes.push(code);
      expect(codes).toEqual(['FOREIGN_FILE']);
    }));

  it('with a changed protocol is not written to', () =>
    inFolder(async (folder) => {
      const archive = await archiveOf(folder, 1);
      const protocol = {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['deletionVectors'],
        writerFeatures: [],
      };
      await archive.store.putIfAbsent(logKey(1), Buffer.from(JSON.stringify({ protocol })));
      const draft = await plainDraft(folder, { start: 50, end: 59 });
      await expect(archive.dataset('events').publish(draft)).rejects.toMatchObject({
        code: 'LOG_UNSUPPORTED',
      });
    }));
});
