import path from 'node:path';
import { restoreLog } from '@parquetry/archive';
import { LocalStore } from '@parquetry/storage';
import { runInProcess } from '../../apps/cli/src/testing/run';
import { inFolder } from '../../libs/archive/src/testing/fixture';
import { syncIceberg } from '../../libs/iceberg/src/sync';
import { commit, filesOf, liveKeys, metadataOf, open } from './table';

it('an Iceberg table is made again by the restore that continues one that ended after the log', () =>
  inFolder(async (folder) => {
    const root = path.join(folder, 'archive');
    const store = new LocalStore(root);
    const archive = await open(store);
    for (const start of [10, 20]) await commit(archive, folder, start, start + 9);
    await syncIceberg(archive, 'events');
    for (const version of [0, 1])
      await store.delete(`events/_delta_log/${String(version).padStart(20, '0')}.json`);
    const ended = restoreLog(await open(store), 'events', {
      dryRun: false,
      onRestored: () => Promise.reject(new Error('ended')),
    });
    await expect(ended).rejects.toThrow('ended');
    const restored = await open(store);
    await expect(syncIceberg(restored, 'events')).rejects.toMatchObject({ code: 'ICEBERG_CONFLICT' });
    const { code, stdout } = await runInProcess('restore', '--archive', root);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Iceberg table was made again')]);
    expect(await syncIceberg(restored, 'events')).toMatchObject({ outcome: 'current', version: 1 });
    const { 1: files } = await filesOf(restored, await metadataOf(restored));
    expect(files).toEqual(await liveKeys(restored));
    expect((await runInProcess('restore', '--archive', root)).stdout).not.toContain('made again');
  }));
