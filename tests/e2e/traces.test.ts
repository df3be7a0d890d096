import { readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeSampleLake } from '@parquetry/sample';
import { Sandbox } from '../support/cli';
import { OtlpReceiver, type Span } from '../support/otlp';
import { type PlainServer, startPlainServer } from '../support/plainserver';
import { drawTraces } from '../support/waterfall';
import { ledgerFile } from '../support/ledgerfile';

const HOOK = path.join(__dirname, '../support/modules.cjs');
const SECRETS = ['hunter2-api-key', 'hunter2-aws-secret'];
/** Set to update docs/images. */
const PICTURES = process.env['PARQUETRY_SCREENSHOTS'];
/** Its name has a secret of the environment. */
const ARCHIVE = `archive-${SECRETS[1]}`;
const STEPS = ['registerSchema', 'writeParquet', 'verifyRowCounts', 'commit'];

describe('traces', () => {
  const sandbox = new Sandbox();
  let server: PlainServer;
  let receiver: OtlpReceiver;
  let first = 0;

  beforeAll(async () => {
    const started = await startPlainServer();
    if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    server = started;
    receiver = await OtlpReceiver.start();
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
    first = (await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 20, layout })).ledgers.start;
  }, 60_000);
  afterAll(async () => {
    receiver.close();
    await sandbox.dispose();
    await server.stop();
  });

  async function startWorker(env: Record<string, string>): Promise<ReturnType<Sandbox['start']>> {
    const worker = sandbox.start(['worker', '--threads', '1'], { ...server.env, ...env });
    while (!worker.stderr().includes('takes work')) {
      if (worker.child.exitCode !== null) throw new Error(`the worker ended:\n${worker.stderr()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return worker;
  }

  const backfill = (archive: string): string[] => [
    ...['backfill', '--source', `galexie:${sandbox.path('lake')}`, '--archive', sandbox.path(archive)],
    ...['--ledgers', `${first}-${first + 19}`, '--partition-size', '10'],
    ...['--types', 'ledgers,transactions'],
  ];

  it('a run with a retried partition and a killed worker: complete trees, linked to the run', async () => {
    const env = {
      ...receiver.env,
      PARQUETRY_HTTP_HEADERS: JSON.stringify({ 'https://rpc.example.com': { 'x-api-key': SECRETS[0] } }),
      AWS_SECRET_ACCESS_KEY: SECRETS[1] ?? '',
    };
    const object = ledgerFile(sandbox.path('lake'), first + 15);
    renameSync(object, `${object}.away`);
    // A link to itself can't be read: a fault of storage, which is retried.
    symlinkSync(path.basename(object), object);
    const killed = await startWorker(env);
    // The first partition ends before the second one fails, so the killed worker has exported its spans.
    const args = [...backfill(ARCHIVE), '--concurrency', '1', '--detach'];
    // This command sends its span in the default encoding.
    const protobuf = { ...env, OTEL_EXPORTER_OTLP_PROTOCOL: '' };
    const started = await sandbox.json<{ workflowId: string }>(args, { ...server.env, ...protobuf });
    expect(started.code).toBe(0);
    const failedPull = await receiver.waitFor(({ name, failed }) => name === 'pull' && failed);
    expect(failedPull.attributes['error.type']).toBe('STORAGE_UNREACHABLE');

    await receiver.waitFor(({ name }) => name === 'partition');
    killed.child.kill('SIGKILL');
    await killed.ended;
    renameSync(`${object}.away`, object);
    const modules = sandbox.path('on.txt');
    const second = await startWorker({ ...env, ...listing(modules) });
    const { workflowId } = started.document;
    const handle = server.client.workflow.getHandle(workflowId);
    expect(await handle.result()).toMatchObject({ partitions: { total: 2, done: 2 } });
    await receiver.waitFor(({ name }) => name === 'backfill');
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
    expect(loaded(modules, '@opentelemetry')).toBeGreaterThan(50);

    // The run's trace is its Temporal run id.
    const { runId } = await handle.describe();
    const run = receiver.trace(runId.replaceAll('-', ''));
    expect(childrenOf(run, rootOf(run)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['planRun', 'summarize']),
    );
    const ids = [rootOf(run).traceId, rootOf(run).spanId].map((id) =>
      Buffer.from(id, 'hex').toString('latin1'),
    );
    const starts = receiver.bodies.filter((body) => body.includes('start workflow'));
    expect(starts).toEqual([expect.stringContaining(ids[0] ?? '')]);
    expect(starts).toEqual([expect.stringContaining(ids[1] ?? '')]);
    expect(rootOf(run)).toMatchObject({
      name: 'backfill',
      attributes: {
        'parquetry.ledgers': `${first}-${first + 19}`,
        'parquetry.archive': sandbox.path('archive-***'),
        'parquetry.end': 'completed',
        'temporal.workflow_id': workflowId,
      },
    });

    const partitions = receiver.spans.filter(({ name }) => name === 'partition');
    expect(partitions).toHaveLength(2);
    for (const partition of partitions) {
      expect(partition.links).toEqual([expect.objectContaining(idsOf(rootOf(run)))]);
      expect(partition.attributes).toMatchObject({
        'parquetry.run': workflowId,
        'parquetry.datasets': 'ledgers, transactions',
        'parquetry.outcome': 'done',
        'parquetry.files': '2',
      });
      const trace = receiver.trace(partition.traceId);
      expect(rootOf(trace)).toBe(partition);
      const steps = childrenOf(trace, partition);
      for (const name of STEPS)
        expect(steps.filter((step) => step.name === name && !step.failed)).toHaveLength(2);
      const inside = (step: string): string[] =>
        steps
          .filter(({ name, failed }) => name === step && !failed)
          .flatMap((each) => childrenOf(trace, each).map(({ name }) => name));
      expect(inside('pull')).toContain('storage get');
      expect(inside('writeParquet')).toContain('duckdb COPY');
      expect(inside('verifyRowCounts')).toContain('verify file');
      expect(inside('commit')).toEqual(expect.arrayContaining(['storage upload', 'storage put']));
    }
    // The retried partition: both attempts in one trace, of two processes.
    const attempts = receiver
      .trace(failedPull.traceId)
      .filter(({ name }) => name === 'pull')
      .sort((a, b) => Number(a.attributes['parquetry.attempt']) - Number(b.attributes['parquetry.attempt']));
    expect(attempts.length).toBeGreaterThanOrEqual(2);
    expect(attempts.at(-1)).toMatchObject({
      failed: false,
      attributes: { 'parquetry.ledgers': `${first + 10}-${first + 19}` },
    });
    expect(attempts.at(-1)?.instance).not.toBe(attempts[0]?.instance);

    const drawn = drawTraces([
      { title: 'Trace of the run', spans: run },
      { title: 'Trace of a partition, linked to the run', spans: receiver.trace(failedPull.traceId) },
    ]);
    for (const name of ['backfill', 'planRun', ...STEPS]) expect(drawn).toContain(`>${name} `);
    expect(drawn).toContain('attempt 1 · STORAGE_UNREACHABLE');
    if (PICTURES !== undefined) writeFileSync(path.join(PICTURES, 'trace.svg'), drawn);

    // Every parent is there, except the steps that the killed worker could not end; no span ends before it starts.
    const lost = attempts[0]?.instance;
    for (const { traceId, parentId, instance, start, end } of receiver.spans) {
      const ids = receiver.trace(traceId).map(({ spanId }) => spanId);
      if (parentId !== undefined && instance !== lost) expect(ids).toContain(parentId);
      expect(end >= start).toBe(true);
    }
    for (const secret of SECRETS) expect(receiver.bodies.filter((body) => body.includes(secret))).toEqual([]);
  }, 200_000);

  it('are off without a setting: nothing of OpenTelemetry is loaded', async () => {
    const list = sandbox.path('off.txt');
    const run = await sandbox.run(backfill('off'), listing(list));
    expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' });
    expect(loaded(list, '@temporalio/worker')).toBeGreaterThan(10);
    expect(loaded(list, '@opentelemetry')).toBe(0);
  }, 100_000);

  it('says that the collector refuses them, and the work continues', async () => {
    const refusing = await OtlpReceiver.start(401);
    try {
      const env = {
        ...refusing.env,
        OTEL_EXPORTER_OTLP_ENDPOINT: refusing.endpoint.replace('http://', 'http://user:hunter2-password@'),
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRETS[0]}`,
      };
      const run = await sandbox.run(backfill('refused'), env);
      expect(run.code).toBe(0);
      expect(refusing.bodies.length).toBeGreaterThan(1);
      const warnings = run.stderr.split('\n').filter((line) => line.startsWith('Traces: '));
      // The others of the same minute are one number at the end.
      expect(warnings[0]).toContain('401');
      expect(warnings.length).toBeLessThanOrEqual(2);
      for (const secret of [...SECRETS, 'hunter2-password']) expect(run.stderr).not.toContain(secret);
    } finally {
      refusing.close();
    }
  }, 100_000);

  it('refuses a protocol that it does not have', async () => {
    const { code, stderr } = await sandbox.run(['status', 'x'], {
      ...server.env,
      ...receiver.env,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"');
    expect(stderr).toContain('http/protobuf');
  }, 30_000);
});

/** The environment of a process that lists its modules when it ends. */
function listing(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--require ${HOOK}`, PARQUETRY_TEST_MODULES: file };
}

/** How many modules of a package a process has loaded. */
function loaded(file: string, name: string): number {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((each) => each.includes(name)).length;
}

function idsOf({ traceId, spanId }: Span): { traceId: string; spanId: string } {
  return { traceId, spanId };
}

function rootOf(trace: readonly Span[]): Span {
  const roots = trace.filter(({ parentId }) => parentId === undefined);
  expect(roots).toHaveLength(1);
  return roots[0] as Span;
}

function childrenOf(trace: readonly Span[], parent: Span): Span[] {
  return trace.filter(({ parentId }) => parentId === parent.spanId);
}
