import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { type BackfillProgress, METRICS, TASK_QUEUE } from '@parquetry/workflows';
import { itWith, tool } from '../deploy/tools';
import { type Running, Sandbox } from '../support/cli';
import { freePort, type PlainServer, startPlainServer } from '../support/plainserver';
import { Scrape } from '../support/prometheus';
import { checkAlerts, constant, risen } from '../support/promtool';
import { ledgerFile } from '../support/ledgerfile';

const RULES = path.resolve(__dirname, '../../deploy/prometheus/alerts.yaml');
/** The scrape for tests/deploy/alerts.test.ts; PARQUETRY_SCREENSHOTS updates it. */
const FIXTURE = path.resolve(__dirname, '../fixtures/scrape.txt');
const UPDATE = process.env['PARQUETRY_SCREENSHOTS'] !== undefined;

/** Ledgers by offset: one that can't be read at first, and one that is missing. */
const UNREADABLE = 15;
const MISSING = 25;
/** In the environment as a key, and in the name of the archive's folder, so that log records would have it. */
const SECRET = 'hunter2-aws-secret';

describe('metrics and log of a worker after a run with faults', () => {
  const sandbox = new Sandbox();
  let server: PlainServer;
  let worker: Running;
  let address = '';
  let run = '';
  let first = 0;
  let afterRun: Scrape;
  let afterFailure: Scrape;
  let blocked: Scrape;
  let lastPage = '';

  beforeAll(async () => {
    const started = await startPlainServer();
    if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    server = started;
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
    first = (await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 30, layout })).ledgers.start;
    const unreadable = ledgerFile(sandbox.path('lake'), first + UNREADABLE);
    renameSync(unreadable, `${unreadable}.away`);
    // A link to itself can't be read: a fault of storage, which is retried.
    symlinkSync(path.basename(unreadable), unreadable);
    rmSync(ledgerFile(sandbox.path('lake'), first + MISSING));

    address = `127.0.0.1:${await freePort()}`;
    const log = ['--log-format', 'json', '--log-level', 'debug'];
    worker = sandbox.start(['worker', '--metrics', address, '--memory', '1GB', ...log], {
      ...server.env,
      AWS_SECRET_ACCESS_KEY: SECRET,
    });
    const { code, document } = await sandbox.json<{ workflowId: string }>(
      [
        ...[
          'backfill',
          '--source',
          `galexie:${sandbox.path('lake')}`,
          '--archive',
          sandbox.path(`archive-${SECRET}`),
        ],
        ...['--ledgers', `${first}-${first + 29}`, '--partition-size', '10', '--detach'],
        ...['--types', 'ledgers,transactions'],
      ],
      server.env,
    );
    expect(code).toBe(0);
    run = document.workflowId;
    // The read error is counted as a retry before the object comes back.
    await until((scrape) => scrape.sum('parquetry_step_retries_total') > 0);
    renameSync(`${unreadable}.away`, unreadable);
  }, 120_000);
  afterAll(async () => {
    worker.child.kill('SIGTERM');
    await worker.ended;
    await sandbox.dispose();
    await server.stop();
  });

  /** Reads the metrics until they fit. */
  async function until(fits: (scrape: Scrape) => boolean): Promise<Scrape> {
    const limit = Date.now() + 100_000;
    for (;;) {
      const page = await fetch(`http://${address}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      );
      const scrape = new Scrape(page);
      if (fits(scrape)) {
        lastPage = page;
        return scrape;
      }
      if (Date.now() > limit) throw new Error(`the metrics do not fit:\n${page}\n${worker.stderr()}`);
      await sleep(100);
    }
  }

  it('say what the run did', async () => {
    const parked = (scrape: Scrape): boolean =>
      scrape.sum('parquetry_parked_partitions') === 1 && scrape.sum('parquetry_open_partitions') === 1;
    await until(parked);
    const handle = server.client.workflow.getHandle(run);
    let progress: BackfillProgress;
    for (;;) {
      progress = await handle.query<BackfillProgress>('progress');
      if (progress.done >= 2) break;
      await sleep(100);
    }
    const scrape = await until(parked);
    afterRun = scrape;
    if (UPDATE)
      writeFileSync(
        FIXTURE,
        `${lastPage
          .split('\n')
          .filter((line) => /^(# \w+ )?parquetry_/.test(line))
          .join('\n')}\n`,
      );
    const { tally } = progress;
    expect(progress).toMatchObject({ done: 2, parked: 1 });

    for (const [dataset, { rows, files, bytes }] of Object.entries(tally.datasets ?? {})) {
      expect(scrape.sum('parquetry_rows_total', { dataset })).toBe(rows);
      expect(scrape.sum('parquetry_files_total', { dataset })).toBe(files);
      expect(scrape.sum('parquetry_bytes_total', { dataset })).toBe(bytes);
    }
    expect(tally.rows).toBeGreaterThan(20);

    // Three partitions: one whole, one with failed attempts, one without an object.
    const pull = { step: 'pull' };
    expect(scrape.sum('parquetry_step_failures_total')).toBe(1);
    expect(scrape.sum('parquetry_step_failures_total', { ...pull, code: 'LEDGER_MISSING' })).toBe(1);
    expect(scrape.sum('parquetry_parked_total')).toBe(1);
    expect(scrape.sum('parquetry_parked_total', { code: 'LEDGER_MISSING' })).toBe(1);
    const retries = scrape.sum('parquetry_step_retries_total');
    expect(retries).toBeGreaterThan(0);
    expect(scrape.sum('parquetry_step_retries_total', { ...pull, code: 'STORAGE_UNREACHABLE' })).toBe(
      retries,
    );
    const attempts = (step: string, outcome: string): number =>
      scrape.sum('parquetry_step_seconds_count', { step, outcome });
    expect(attempts('pull', 'ok')).toBe(2);
    expect(attempts('pull', 'failed')).toBe(retries + 1);
    for (const step of ['registerSchema', 'writeParquet', 'verifyRowCounts', 'commit'])
      expect(attempts(step, 'ok')).toBe(4);
    expect(scrape.sum('parquetry_step_wait_seconds_count', pull)).toBe(retries + 3);

    expect(scrape.sum('parquetry_read_bytes_total')).toBe(tally.bytesRead);
    expect(scrape.sum('parquetry_pull_bytes_per_second_count')).toBe(2);
    const commits = { operation: 'upload', store: 'file' };
    expect(scrape.sum('parquetry_storage_requests_total', { ...commits, outcome: 'created' })).toBe(
      tally.files,
    );
    expect(scrape.sum('parquetry_storage_seconds_count', commits)).toBe(tally.files);
    const unreadable = { operation: 'get', outcome: 'STORAGE_UNREACHABLE' };
    expect(scrape.sum('parquetry_storage_requests_total', unreadable)).toBe(retries);
    // The objects of two partitions, read on pull threads.
    expect(
      scrape.sum('parquetry_storage_requests_total', { operation: 'get', outcome: 'ok' }),
    ).toBeGreaterThanOrEqual(20);
    expect(scrape.sum('parquetry_duckdb_seconds_count', { statement: 'COPY' })).toBeGreaterThanOrEqual(
      tally.files,
    );
  }, 120_000);

  itWith(['promtool'], 'provoke the alert of parked partitions, and no other', () =>
    checkAlerts(tool('promtool'), readFileSync(RULES, 'utf8'), [
      { series: constant(afterRun.samples), firing: ['ParquetryPartitionsParked'] },
    ]),
  );

  it('measure memory, the work folder and its disk', async () => {
    const scrape = await until(() => true);
    expect(scrape.sum('parquetry_memory_bytes')).toBeGreaterThan(50e6);
    expect(scrape.sum('parquetry_memory_limit_bytes')).toBeLessThanOrEqual(1e9 + 350e6);
    const [stage, free, disk] = ['stage', 'stage_free', 'stage_disk'].map((name) =>
      scrape.sum(`parquetry_${name}_bytes`),
    );
    expect(stage).toBeGreaterThan(0);
    expect(stage).toBeLessThan(1e9);
    expect(free).toBeGreaterThan(0);
    expect(disk).toBeGreaterThan(free ?? 0);
    expect(scrape.of('parquetry_worker_info').map(({ labels }) => labels['version'])).toEqual(['0.1.0']);
  }, 60_000);

  it('a log of JSON lines says the same, with the fields that a search needs', () => {
    const records = worker
      .stderr()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const record of records)
      expect(record).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        level: expect.stringMatching(/^(error|warn|info|debug)$/) as string,
        message: expect.any(String) as string,
      });
    const of = (message: string, step?: string): Record<string, unknown>[] =>
      records.filter(
        (record) => record['message'] === message && (step === undefined || record['step'] === step),
      );
    const key = (offset: number): string => String(first + offset).padStart(10, '0');
    const known = { run, attempt: expect.any(Number) as number, ms: expect.any(Number) as number };
    const retried = of('step failed, will be retried');
    expect(retried).toHaveLength(afterRun.sum('parquetry_step_retries_total'));
    expect(retried[0]).toMatchObject({
      ...known,
      ...{ level: 'warn', step: 'pull', code: 'STORAGE_UNREACHABLE', partition: key(10) },
      ...{ workflow: `${run}/p/${key(10)}`, ledgers: `${first + 10}-${first + 19}` },
      error: expect.stringContaining('ELOOP') as string,
    });
    expect(of('step failed')).toEqual([
      expect.objectContaining({ ...known, level: 'error', code: 'LEDGER_MISSING', partition: key(20) }),
    ]);
    expect(of('parked: waits for a person')).toEqual([
      expect.objectContaining({
        ...{ level: 'error', code: 'LEDGER_MISSING', run, partition: key(20) },
        datasets: 'ledgers, transactions',
      }),
    ]);
    const commits = of('step completed', 'commit');
    expect(commits.map(({ dataset }) => dataset).sort()).toEqual([
      ...['ledgers', 'ledgers', 'transactions', 'transactions'],
    ]);
    const rows = commits.reduce((sum, record) => sum + Number(record['rows']), 0);
    expect(rows).toBe(afterRun.sum('parquetry_rows_total'));
    expect(of('partition completed')).toHaveLength(2);
    expect(of('step started').length).toBeGreaterThan(20);
    expect(worker.stderr()).not.toContain(SECRET);
    expect(commits[0]?.['archive']).toBe(sandbox.path('archive-***'));
    expect(records.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^Worker .* takes work from/),
    );
  });

  it('are the metrics of docs/metrics.md with its kinds, buckets and labels, and no ids', async () => {
    const scrape = await until(() => true);
    const own = [...scrape.kinds.keys()].filter((name) => name.startsWith('parquetry_'));
    const listed = Object.entries(METRICS).map(([name, { kind }]) =>
      kind === 'counter' ? `${name}_total` : name,
    );
    // A tail, an RPC node or a processor has the others.
    const others = [
      'parquetry_source_requests_total',
      'parquetry_source_seconds',
      'parquetry_tail_lag_ledgers',
      'parquetry_tail_lag_seconds',
      'parquetry_tail_report_timestamp_seconds',
    ];
    expect(own.sort()).toEqual(listed.filter((name) => !others.includes(name)).sort());
    // The SDK adds these.
    const added = ['service_name', 'le'];
    for (const [name, metric] of Object.entries(METRICS)) {
      const exported = metric.kind === 'counter' ? `${name}_total` : name;
      if (others.includes(exported)) continue;
      expect([exported, scrape.kinds.get(exported)]).toEqual([exported, metric.kind]);
      const samples = scrape.samples.filter((sample) =>
        metric.kind === 'histogram' ? sample.name === `${name}_bucket` : sample.name === exported,
      );
      expect(samples.length).toBeGreaterThan(0);
      for (const { labels } of samples) {
        const labelled = Object.keys(labels).filter((label) => !added.includes(label));
        expect([name, labelled.sort()]).toEqual([name, [...metric.labels].sort()]);
        for (const value of Object.values(labels)) expect(value).not.toContain(run);
      }
      if (metric.kind !== 'histogram') continue;
      const bounds = new Set(samples.map(({ labels }) => labels['le']));
      expect([...bounds].map((bound) => Number(bound?.replace('+Inf', 'Infinity')))).toEqual([
        ...metric.buckets,
        Infinity,
      ]);
    }
  }, 60_000);

  it('count a run that failed, as Temporal’s SDK does', async () => {
    const none = sandbox.path('none');
    const skip = ['compact', 'log', 'gc', 'audit'];
    const input = { archive: none, skip, compact: {}, logRetentionMs: 0, graceMs: 0 };
    const start = { workflowId: 'maintain-none', taskQueue: TASK_QUEUE, args: [input] };
    await expect(server.client.workflow.execute('maintain', start)).rejects.toThrow();
    const failed = (scrape: Scrape): number =>
      scrape.sum('temporal_workflow_failed_total', { workflow_type: 'maintain' });
    afterFailure = await until((scrape) => failed(scrape) > 0);
    expect(failed(afterFailure)).toBe(1);
  }, 120_000);

  itWith(['promtool'], 'provoke the alert of a run that failed', () =>
    checkAlerts(tool('promtool'), readFileSync(RULES, 'utf8'), [
      {
        series: risen(afterRun.samples, afterFailure.samples),
        firing: ['ParquetryPartitionsParked', 'ParquetryRunFailed'],
      },
    ]),
  );

  it('count the failed step of a run that waits, when nothing is open or parked', async () => {
    const log = path.join(sandbox.path(`archive-${SECRET}`), 'ledgers/_delta_log/00000000000000000000.json');
    writeFileSync(log, 'damaged');
    const missing = server.client.workflow.getHandle(`${run}/p/${String(first + 20).padStart(10, '0')}`);
    await missing.signal('skip');
    blocked = await until(
      (scrape) =>
        scrape.sum('parquetry_step_failures_total', { step: 'summarize' }) > 0 &&
        scrape.sum('parquetry_open_partitions') + scrape.sum('parquetry_parked_partitions') === 0,
    );
    expect((await server.client.workflow.getHandle(run).describe()).status.name).toBe('RUNNING');
  }, 120_000);

  itWith(['promtool'], 'provoke the alert of a blocked run, and no other', () =>
    checkAlerts(tool('promtool'), readFileSync(RULES, 'utf8'), [
      { series: risen(afterFailure.samples, blocked.samples), firing: ['ParquetryRunBlocked'] },
    ]),
  );
});
