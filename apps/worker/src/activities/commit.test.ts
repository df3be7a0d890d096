import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import { type ObjectStore, type PutOutcome, type UploadExpectation, openStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createSharedActivities, createStageActivities } from '.';
import type { Host } from '../host';
import { runStep, testHost } from '../testing/host';

const SLOW_MS = 20_000;

/** A store that takes `SLOW_MS` to upload a data file; the caller's signal aborts the upload as in other stores. */
function slow(store: ObjectStore, uploads: string[]): ObjectStore {
  const uploadIfAbsent = async (
    key: string,
    file: string,
    expected: UploadExpectation,
  ): Promise<PutOutcome> => {
    uploads.push(`begun ${path.extname(key)}`);
    await sleep(SLOW_MS, undefined, expected.signal === undefined ? {} : { signal: expected.signal }).catch(
      () => {
        uploads.push(`aborted ${path.extname(key)}`);
        throw new ParquetryError('CANCELLED', `The upload of ${key} was cancelled.`);
      },
    );
    return store.uploadIfAbsent(key, file, expected);
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'uploadIfAbsent') return uploadIfAbsent;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('the commit step', () => {
  let dir: string;
  let host: Host;
  let end: () => Promise<void>;
  beforeAll(async () => void ({ dir, host, end } = await testHost('commit')));
  afterAll(() => end());

  it.each([
    ['a data file', 5, '.parquet'],
    ['the rejects', 'none', '.ndjson'],
  ])(
    'ends at once when cancelled while it uploads %s, and a retry commits each row once',
    async (_what, second, extension) => {
      const archive = path.join(dir, `archive${extension}`);
      const source = path.join(dir, `in${extension}`);
      const line = (ledger: number, v: unknown): string =>
        `${JSON.stringify({ type: 't', ledger, closed_at: '2025-01-01T00:00:00Z', v })}\n`;
      // In the second case all messages are rejects: only their file is uploaded.
      await writeFile(
        source,
        second === 'none' ? `{"type":"t","ledger":1,"v":1}\n` : line(1, 1) + line(2, second),
      );
      const { planRun, nextPartitions, pull } = createSharedActivities(host.deps);
      const steps = createStageActivities(host.deps);
      const range = { start: 1, end: 2 };
      const { plan } = await runStep(planRun, {
        source: { uri: `ndjson:${source}` },
        archive,
        range,
        partitionSize: 10,
        settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
        maxRejects: 10,
        verify: 'ledger',
      } as RunSpec);
      const [task] = (await runStep(nextPartitions, { archive, plan, cursor: 1, limit: 1 })).tasks;
      if (task === undefined) throw new Error('no partition');
      const { stageId } = await runStep(pull, { archive, plan, task });
      const step = { archive, plan, stageId, range, dataset: 't', schemaVersion: 1 };
      await runStep(steps.registerSchema, step);
      await runStep(steps.writeParquet, step);
      await runStep(steps.verifyRowCounts, step);

      const uploads: string[] = [];
      const store = openStore(archive);
      const archives = {
        get: () => Archive.open(slow(store, uploads)),
      } as unknown as Host['deps']['archives'];
      const slowed = createStageActivities({ ...host.deps, archives });
      const environment = new MockActivityEnvironment();
      const running = environment.run(slowed.commit, step).catch((error: unknown) => error);
      while (uploads.length === 0) await sleep(10);
      const asked = performance.now();
      environment.cancel();
      expect(await running).toMatchObject({ code: 'CANCELLED' });
      expect(performance.now() - asked).toBeLessThan(SLOW_MS / 4);
      expect(uploads).toEqual([`begun ${extension}`, `aborted ${extension}`]);
      const table = (await Archive.open(store)).dataset('t');
      expect((await table.snapshot()).version).toBe(-1);

      const rows = second === 'none' ? 0 : 2;
      expect(await runStep(steps.commit, step)).toMatchObject({ outcome: 'committed', rows });
      const { files, coverage } = await table.snapshot();
      expect(coverage).toEqual([range]);
      expect(files.reduce((sum, file) => sum + (file.rows ?? 0), 0)).toBe(rows);
    },
    60_000,
  );
});
