import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { type Running, Sandbox } from '../support/cli';
import { type PlainServer, freePort, startPlainServer } from '../support/plainserver';

interface Status {
  readonly status: string;
  readonly answeredBy: 'worker' | 'history';
  readonly progress: {
    readonly phase: string;
    readonly total: number;
    readonly done: number;
    readonly ledgers: number;
    readonly rows: number;
  };
  readonly committed?: { readonly ledgers: number; readonly through?: number; readonly rows: number };
}

interface TailStatus {
  readonly status: string;
  readonly answeredBy: string;
  readonly progress: {
    readonly phase: string;
    readonly cursor: number;
    readonly flushes: number;
    readonly tip?: { readonly ledger: number };
    readonly lag?: { readonly ledgers: number; readonly seconds?: number };
    readonly tally: { readonly ledgers: number; readonly rows: number };
  };
  readonly committed?: { readonly ledgers: number; readonly through?: number };
}

describe('a cluster without search attributes and workers', () => {
  const sandbox = new Sandbox();
  const LEDGERS = 120;
  const SIZE = 5;
  let server: PlainServer;
  let range = { start: 0, end: 0 };
  let run = '';
  beforeAll(async () => {
    const started = await startPlainServer();
    if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    server = started;
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64_000 };
    range = (await writeSampleLake({ dir: sandbox.path('lake'), ledgers: LEDGERS, layout })).ledgers;
  }, 60_000);
  afterAll(async () => {
    await sandbox.dispose();
    await server?.stop();
  });

  const backfill = (...more: string[]): string[] => [
    ...['backfill', '--source', 'galexie:lake', '--archive', 'archive', '--partition-size', String(SIZE)],
    ...['--ledgers', `${range.start}-${range.end}`, '--concurrency', '2', ...more],
  ];
  const status = async <T = Status>(id: string): Promise<T> => {
    const { code, document, stderr } = await sandbox.json<T>(['status', id], server.env);
    if (code !== 0) throw new Error(stderr);
    return document;
  };
  const worker = async (...more: string[]): Promise<Running> => {
    const running = sandbox.start(['worker', ...more], server.env);
    while (!/takes work/.test(running.stderr())) {
      if (running.child.exitCode !== null) throw new Error(running.stderr());
      await sleep(50);
    }
    return running;
  };
  const until = async <T>(ask: () => Promise<T>, when: (answer: T) => boolean, most = 60): Promise<T> => {
    for (let tries = 0; tries < most; tries++) {
      const answer = await ask();
      if (when(answer)) return answer;
      await sleep(300);
    }
    throw new Error(`it did not get there: ${JSON.stringify(await ask())}`);
  };

  it('accepts a detached run before its first worker: the command registers the search attributes', async () => {
    const attributes = async (): Promise<string[]> => {
      const found = await server.connection.operatorService.listSearchAttributes({ namespace: 'default' });
      return Object.keys(found.customAttributes ?? {});
    };
    expect(await attributes()).not.toContain('ParquetryRun');
    const { code, document } = await sandbox.json<{ workflowId: string; started: boolean }>(
      backfill('--detach'),
      server.env,
    );
    expect({ code, started: document.started }).toEqual({ code: 0, started: true });
    expect(await attributes()).toEqual(expect.arrayContaining(['ParquetryRun', 'ParquetryLedgerStart']));
    run = document.workflowId;
    expect(await status(run)).toMatchObject({
      status: 'RUNNING',
      answeredBy: 'history',
      progress: { phase: 'planning', total: 0, done: 0, running: 0 },
      committed: { unread: expect.stringContaining('archive') as string },
    });
  }, 120_000);

  it('stops its worker gracefully on SIGTERM; status then reads the history and the commit log', async () => {
    const metrics = `127.0.0.1:${await freePort()}`;
    const first = await worker('--metrics', metrics);
    const answer = await until(
      () => status(run),
      ({ progress }) => progress.done >= 3,
    );
    expect(answer.answeredBy).toBe('worker');
    expect(answer.committed).toBeUndefined();
    const text = await (await fetch(`http://${metrics}/metrics`)).text();
    expect(text).toMatch(/^parquetry_rows_total\{.*dataset="ledgers".*\} \d+$/m);
    expect(text).toMatch(/^parquetry_files_total\{.*dataset="ledgers".*reason="range_end".*\} \d+$/m);
    expect(text).toMatch(/^temporal_worker_task_slots_available/m);

    const taken = await sandbox.run(['worker', '--metrics', metrics], server.env);
    expect({ code: taken.code, error: taken.stderr.split(':')[0] }).toEqual({
      code: 2,
      error: 'error CONFIG_INVALID',
    });

    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    const left = await status(run);
    expect(left).toMatchObject({
      status: 'RUNNING',
      answeredBy: 'history',
      progress: { total: LEDGERS / SIZE },
    });
    expect(left.progress.done).toBeGreaterThanOrEqual(3);
    expect(left.progress.done).toBeLessThan(LEDGERS / SIZE);
    expect(left.progress.ledgers).toBe(left.progress.done * SIZE);
    // The last commit may not have been reported yet, but nothing is reported without a commit.
    expect(left.committed?.ledgers).toBeGreaterThanOrEqual(left.progress.ledgers);
    expect(left.committed?.rows).toBeGreaterThanOrEqual(left.progress.rows);
    const text2 = await sandbox.run(['status', run], server.env);
    expect(text2.stdout).toContain('no worker responds');
    expect(text2.stdout).toContain("by the archive's log");
  }, 120_000);

  it('continues with the next worker; a finished run can be shown without one', async () => {
    const second = await worker();
    expect((await sandbox.run(['attach', run], server.env)).code).toBe(0);
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
    const done = await status(run);
    expect(done).toMatchObject({
      status: 'COMPLETED',
      answeredBy: 'history',
      progress: {
        phase: 'finished',
        total: 24,
        done: 24,
        parked: 0,
        skipped: 0,
        running: 0,
        ledgers: LEDGERS,
      },
      committed: { ledgers: LEDGERS, through: range.end },
    });
    expect(done.committed?.rows).toBe(done.progress.rows);
    const { code, stdout } = await sandbox.run(
      ['verify', '--archive', 'archive', '--ledgers', `${range.start}-${range.end}`],
      server.env,
    );
    expect({ code, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stdout: '' });
  }, 180_000);

  it('has a tail whose lag is in status and metrics, and whose watch ends at once on SIGTERM', async () => {
    const metrics = `127.0.0.1:${await freePort()}`;
    const tail = await sandbox.json<{ workflowId: string }>(
      [
        ...['tail', '--source', 'galexie:lake', '--archive', 'tailed', '--partition-size', '50', '--detach'],
        ...['--max-rows', '1000000', '--max-bytes', '1GB', '--max-age', '1h', '--poll', '1s'],
      ],
      server.env,
    );
    const id = tail.document.workflowId;
    const first = await worker('--metrics', metrics);
    const waits = ({ progress }: TailStatus): boolean =>
      progress.phase === 'waiting' && progress.flushes >= 2;
    const live = await until(() => status<TailStatus>(id), waits);
    const behind = range.end - live.progress.cursor + 1;
    expect(behind).toBeGreaterThan(0);
    expect(live).toMatchObject({
      answeredBy: 'worker',
      progress: {
        tip: { ledger: range.end },
        lag: { ledgers: behind, seconds: expect.any(Number) as number },
      },
    });
    const gauges = await (await fetch(`http://${metrics}/metrics`)).text();
    const gauge = (name: string): number =>
      Number(new RegExp(`^${name}\\{.*tail="${id}".*\\} (\\d+)$`, 'm').exec(gauges)?.[1]);
    expect(gauge('parquetry_tail_lag_ledgers')).toBe(behind);
    expect(gauge('parquetry_tail_lag_seconds')).toBe(live.progress.lag?.seconds);
    expect(Math.abs(gauge('parquetry_tail_report_timestamp_seconds') - Date.now() / 1000)).toBeLessThan(600);

    const asked = Date.now();
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    // The watch alone would delay the worker by its grace time of 15 s.
    expect(Date.now() - asked).toBeLessThan(10_000);
    const gone = await status<TailStatus>(id);
    expect(gone).toMatchObject({
      status: 'RUNNING',
      answeredBy: 'history',
      progress: {
        cursor: live.progress.cursor,
        flushes: live.progress.flushes,
        tip: { ledger: range.end },
        lag: { ledgers: behind },
        tally: { ledgers: live.progress.tally.ledgers, rows: live.progress.tally.rows },
      },
      committed: { ledgers: LEDGERS - behind, through: live.progress.cursor - 1 },
    });
    const second = await worker();
    expect((await sandbox.run(['stop', id], server.env)).code).toBe(0);
    second.child.kill('SIGTERM');
    await second.ended;
  }, 180_000);

  it('cancels a run with all its partitions, and leaves no stage on the worker', async () => {
    const running = await worker();
    const { document } = await sandbox.json<{ workflowId: string }>(
      backfill('--detach', '--archive', 'cancelled'),
      server.env,
    );
    const id = document.workflowId;
    await until(
      () => status(id),
      ({ progress }) => progress.done >= 1,
    );
    expect((await sandbox.run(['cancel', id], server.env)).code).toBe(0);
    expect((await status(id)).status).toBe('CANCELLED');
    const open = async (): Promise<number> => {
      const query = `ParquetryRun="${id}" AND ExecutionStatus="Running"`;
      return (await server.client.workflow.count(query)).count;
    };
    expect(await until(open, (count) => count === 0)).toBe(0);
    const stages = (): string[] => readdirSync(sandbox.path('.parquetry', 'work', 'stages'));
    expect(
      // A pull that completed before it received the cancellation leaves its stage to the worker's next cleanup.
      await until(
        async () => stages(),
        (found) => found.length === 0,
        200,
      ),
    ).toEqual([]);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
    // Committed ledgers are kept and right; those in progress are gaps.
    const { document: checked } = await sandbox.json<{
      datasets: { findings: { code: string; fault: boolean }[] }[];
    }>(['verify', '--archive', 'cancelled', '--ledgers', `${range.start}-${range.end}`], server.env);
    const faults = checked.datasets.flatMap(({ findings }) => findings.filter(({ fault }) => fault));
    expect(faults.length).toBeGreaterThan(0);
    expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['COVERAGE_GAP']));
  }, 180_000);

  it('ends at once on a second signal', async () => {
    const { child, ended } = await worker();
    const again = await sandbox.json<{ workflowId: string }>(
      backfill('--detach', '--archive', 'again', '--types', 'ledgers'),
      server.env,
    );
    await until(
      () => status(again.document.workflowId),
      ({ progress }) => progress.done >= 1,
    );
    child.kill('SIGTERM');
    // Not two at once, because the system merges equal pending signals.
    const insist = setInterval(() => child.kill('SIGTERM'), 5);
    expect((await ended).code).toBe(130);
    clearInterval(insist);
  }, 120_000);
});
