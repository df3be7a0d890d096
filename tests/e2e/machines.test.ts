import { readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { openStore } from '@parquetry/storage';
import type { BackfillProgress, BackfillResult } from '@parquetry/workflows';
import { type Running, Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';
import { readAll, restore } from '../support/objects';
import { type PlainServer, startPlainServer } from '../support/plainserver';
import { S3_KEYS, type StorageServer, WEED, startS3 } from '../support/servers';

const LEDGERS = 60;
const SIZE = 5;
const TAKE_OVER_SECONDS = 10;
/** A dead worker's step is noticed after this time without a heartbeat. */
const HEARTBEAT_SECONDS = 30;

(WEED === undefined ? describe.skip : describe)(
  'workers on three machines, with lake and archive on S3 [needs weed]',
  () => {
    const sandbox = new Sandbox();
    let temporal: PlainServer;
    let s3: StorageServer;
    let env: Record<string, string>;
    let saved: NodeJS.ProcessEnv;
    let range = { start: 0, end: 0 };

    beforeAll(async () => {
      const started = await startPlainServer();
      if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
      temporal = started;
      s3 = await startS3();
      await s3.createBucket('data');
      const aws = {
        AWS_ENDPOINT_URL: s3.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
      };
      saved = { ...process.env };
      Object.assign(process.env, aws);
      env = { ...temporal.env, ...aws };
      const layout = { ledgersPerBatch: 1, batchesPerPartition: 64_000 };
      const dir = sandbox.path('lake');
      range = (await writeSampleLake({ dir, ledgers: LEDGERS, layout })).ledgers;
      await restore(openStore('s3://data/lake'), await readAll(openStore(dir)));
    }, 120_000);
    afterAll(async () => {
      process.env = saved;
      await sandbox.dispose();
      await temporal?.stop();
      await s3?.stop();
    });

    /** A worker whose home, and so its work folder, no other worker can see. */
    async function machine(name: string, ...more: string[]): Promise<Running> {
      const args = ['worker', '--take-over-after', `${TAKE_OVER_SECONDS}s`, '--slots', '2', ...more];
      const running = sandbox.start(args, { ...env, PARQUETRY_HOME: sandbox.path(name) });
      while (!/takes work/.test(running.stderr())) {
        if (running.child.exitCode !== null) throw new Error(running.stderr());
        await sleep(50);
      }
      return running;
    }
    const stagesOf = (name: string): string[] => readdirSync(sandbox.path(name, 'work', 'stages'));

    it('loses one and drains another in mid-run: its partitions move within a bounded time, each row is there once', async () => {
      const [lost, drained, last] = await Promise.all([
        machine('lost'),
        machine('drained', '--drain', '2m'),
        machine('last'),
      ]);
      const archive = 's3://data/archive';
      const { code, document } = await sandbox.json<{ workflowId: string }>(
        [
          ...['backfill', '--source', 'galexie:s3://data/lake', '--archive', archive, '--concurrency', '6'],
          ...['--partition-size', String(SIZE), '--ledgers', `${range.start}-${range.end}`, '--detach'],
        ],
        env,
      );
      expect(code).toBe(0);
      const run = temporal.client.workflow.getHandle(document.workflowId);
      const done = async (): Promise<number> => {
        // Without a worker that can answer there is no progress to see.
        const now = await run.query<BackfillProgress>('progress').catch(() => undefined);
        return now?.done ?? 0;
      };
      while ((await done()) < 2) await sleep(300);

      // The machine is gone with its disk, in the middle of its steps.
      while (stagesOf('lost').length === 0) await sleep(5);
      lost.child.kill('SIGKILL');
      const killed = Date.now();
      await lost.ended;
      rmSync(sandbox.path('lost'), { recursive: true });

      // This one finishes what it has pulled and ends; it takes nothing new.
      while (stagesOf('drained').length === 0) await sleep(5);
      drained.child.kill('SIGTERM');
      expect((await drained.ended).code).toBe(0);
      expect(stagesOf('drained')).toEqual([]);

      const ended = (await run.result()) as BackfillResult;
      const seconds = Math.round((Date.now() - killed) / 1000);
      expect(ended.partitions).toEqual({
        total: LEDGERS / SIZE,
        done: LEDGERS / SIZE,
        skipped: 0,
        abandoned: 0,
      });
      expect(await coverageOf(archive)).toEqual(allCover(range));
      const verified = await sandbox.run(['verify', '--archive', archive, '--deep'], env);
      expect({ code: verified.code, text: verified.stderr }).toMatchObject({ code: 0 });
      console.log(
        `the run ended ${seconds} s after a machine was lost, of which at most ${HEARTBEAT_SECONDS + TAKE_OVER_SECONDS} s are waiting`,
      );
      // Bounded: the heartbeat, the wait for the folder, and time for the rest of the work on a busy machine.
      expect(seconds).toBeLessThan(HEARTBEAT_SECONDS + 2 * TAKE_OVER_SECONDS + 120);
      last.child.kill('SIGTERM');
      expect((await last.ended).code).toBe(0);
    }, 400_000);
  },
);
