import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { Archive } from './archive';
import { checkSnapshot } from './check';
import { IDENTITY, inFolder, plainDraft } from './testing/fixture';

const commit = (version: number, ...actions: object[]): [string, Buffer] => [
  `events/_delta_log/${String(version).padStart(20, '0')}.json`,
  Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join('')),
];

describe('another program that appends to a table of ours', () => {
  it('does not break it; its files are reported, and our next commit is refused until they are removed', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const events = (await Archive.open(store, { create: IDENTITY })).dataset('events');
      await events.publish(await plainDraft(folder, { start: 10, end: 19 }));
      const file = {
        path: 'part-0.parquet',
        partitionValues: {},
        size: 3,
        modificationTime: 0,
        dataChange: true,
      };
      await store.putIfAbsent('events/part-0.parquet', Buffer.from('abc'));
      await store.putIfAbsent(...commit(1, { add: file }));

      const snapshot = await events.snapshot();
      expect(snapshot.files.map(({ path: name, segment }) => [name, segment !== undefined])).toEqual([
        [expect.stringContaining('10-19'), true],
        ['part-0.parquet', false],
      ]);
      const codes: string[] = [];
      for await (const { code, fault } of checkSnapshot(store, snapshot)) if (fault) codes.push(code);
      expect(codes).toEqual(['FOREIGN_FILE']);
      const next = await plainDraft(folder, { start: 20, end: 29 });
      await expect(events.publish(next)).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        message: expect.stringContaining('part-0.parquet'),
      });
      expect(await events.overtaken(next)).toBeUndefined();

      await store.putIfAbsent(...commit(2, { remove: { path: 'part-0.parquet', dataChange: true } }));
      expect(await events.publish(next)).toMatchObject({ outcome: 'committed', version: 3 });
    }));
});
