import { mkdtemp, rm, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { LocalStore } from '@parquetry/storage';
import { type StoredPlan, loadPlan, spoolKey, storePlan } from './stored';

const PLAN: StoredPlan = {
  format: 1,
  spec: {
    source: { uri: 'ndjson:none' },
    archive: 'none',
    range: { start: 1, end: 2 },
    partitionSize: 10,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    maxRejects: 0,
    verify: 'ledger',
  },
  index: { kind: 'ndjson', datasets: [], unusable: 0, filtered: 0, bytesRead: 0, data: null },
};

it('a plan that is stored again is new again when `gc` may be about to remove it', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'parquetry-plan-'));
  try {
    const store = new LocalStore(folder);
    const key = await storePlan(store, PLAN);
    const again = async (days: number): Promise<number> => {
      const time = new Date(Date.now() - days * 24 * 3_600_000);
      await utimes(store.localPath(key), time, time);
      expect(await storePlan(store, PLAN)).toBe(key);
      return Math.round((Date.now() - ((await store.stat(key))?.modified ?? 0)) / (24 * 3_600_000));
    };
    expect([await again(0.5), await again(1.1), await again(8)]).toEqual([1, 0, 0]);
    expect(JSON.parse(Buffer.from(await store.get(key)).toString('utf8'))).toEqual(PLAN);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('a plan that was read back has the same local files as the run that it was made for', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'parquetry-plan-'));
  try {
    const store = new LocalStore(folder);
    const { spec } = await loadPlan(store, folder, await storePlan(store, PLAN));
    expect(spoolKey(spec)).toBe(spoolKey(PLAN.spec));
  } finally {
    await rm(folder, { recursive: true });
  }
});
