import { readdirSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { type BackfillProgress, type BackfillResult } from '@parquetry/workflows';
import { limiterOf } from '../../apps/worker/src/activities/requestlease';
import { type Running, Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';
import { mostAtWork, partitionsOf } from '../support/histories';
import { type PlainServer, startPlainServer } from '../support/plainserver';
import { ledgerFile } from '../support/ledgerfile';

const LEDGERS = 80;
const SIZE = 4;
const LIMIT = 2;

describe('workers of one cluster', () => {
  const sandbox = new Sandbox();
  let server: PlainServer;
  let range = { start: 0, end: 0 };
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

  /** A worker with its own home. */
  const worker = async (home: string, ...more: string[]): Promise<Running> => {
    const env = { ...server.env, PARQUETRY_HOME: sandbox.path(home) };
    const running = sandbox.start(['worker', '--slots', '3', ...more], env);
    while (!/Ctrl-C stops it/.test(running.stderr())) {
      if (running.child.exitCode !== null) throw new Error(running.stderr());
      await sleep(50);
    }
    return running;
  };
  const build = (id: string): Promise<Running> =>
    worker(id, '--temporal-deployment-name', 'archive', '--temporal-worker-build-id', id);
  /** Starts a backfill into an archive; returns its workflow id. */
  const backfill = async (archive: string, start: number, end: number, size = SIZE): Promise<string> => {
    const args = ['--archive', archive, '--ledgers', `${start}-${end}`, '--partition-size', String(size)];
    const { code, document, stderr } = await sandbox.json<{ workflowId: string }>(
      [...['backfill', '--source', 'galexie:lake', '--concurrency', '4', '--detach'], ...args],
      server.env,
    );
    if (code !== 0) throw new Error(stderr);
    return document.workflowId;
  };
  const progressOf = (run: string): Promise<BackfillProgress> =>
    server.client.workflow.getHandle(run).query<BackfillProgress>('progress');
  const when = async (run: string, wanted: (found: BackfillProgress) => boolean): Promise<void> => {
    for (;;) {
      const found = await progressOf(run).catch(() => undefined);
      if (found !== undefined && wanted(found)) return;
      await sleep(200);
    }
  };
  const deployment = (...args: string[]): ReturnType<Sandbox['run']> =>
    sandbox.run(['deployment', ...args, '--temporal-deployment-name', 'archive'], server.env);
  const isVerified = async (archive: string): Promise<void> => {
    expect(await coverageOf(sandbox.path(archive))).toEqual(allCover(range));
    expect((await sandbox.run(['verify', '--archive', archive, '--deep'], server.env)).code).toBe(0);
  };

  it('keep the limit of partitions of an archive over two runs and two workers, also when one is killed', async () => {
    const limits = ['--archive-partitions', String(LIMIT), '--take-over-after', '5s'];
    const [lost, last] = await Promise.all([worker('lost', ...limits), worker('last', ...limits)]);
    const middle = range.start + LEDGERS / 2;
    const runs = [
      await backfill('limited', range.start, middle - 1),
      await backfill('limited', middle, range.end),
    ];
    await when(runs[0] ?? '', ({ done }) => done >= 2);
    while (readdirSync(sandbox.path('lost', 'work', 'stages')).length === 0) await sleep(5);
    lost.child.kill('SIGKILL');
    await lost.ended;
    const results = await Promise.all(
      runs.map((run) => server.client.workflow.getHandle(run).result() as Promise<BackfillResult>),
    );
    expect(results.map(({ partitions: { done } }) => done)).toEqual([10, 10]);
    const found = await partitionsOf(server.client, runs);
    expect(found).toHaveLength(LEDGERS / SIZE);
    expect(mostAtWork(found)).toBe(LIMIT);
    const limiter = server.client.workflow.getHandle(limiterOf(sandbox.path('limited')));
    expect(await limiter.query('progress')).toEqual({ limit: LIMIT, held: [], waiting: [] });
    await isVerified('limited');
    last.child.kill('SIGTERM');
    await last.ended;
  }, 240_000);

  it('of two builds finish their own partitions, and share a run while the current build changes', async () => {
    const unknown = await deployment('show');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no worker deployment')]);
    const one = await build('one');
    expect(one.stderr()).toContain('parquetry deployment set-current one');
    const refused = await deployment('set-current', 'three');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("Build three can't become")]);
    expect((await deployment('set-current', 'one')).code).toBe(0);

    const missing = ledgerFile(sandbox.path('lake'), range.start + 1);
    renameSync(missing, sandbox.path('hidden'));
    const two = await build('two');
    const run = await backfill('archive', range.start, range.end, 2);
    await when(run, ({ done, parked }) => done >= 2 && parked === 1);
    const switched = await deployment('set-current', 'two');
    expect(switched).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Partitions of one end there.') as string,
    });
    const at = Date.now();
    const { running, done: before } = await progressOf(run);
    expect([running > 0, before < LEDGERS / 2 - 4]).toEqual([true, true]);
    await when(run, ({ phase }) => phase === 'blocked');

    // The build that parked a partition is gone; the partition is retried on the current one.
    one.child.kill('SIGTERM');
    await one.ended;
    renameSync(sandbox.path('hidden'), missing);
    const retried = await sandbox.run(['retry', run], server.env);
    expect({ code: retried.code, text: retried.stderr }).toMatchObject({ code: 0 });

    const [parked, ...others] = await partitionsOf(server.client, [run]);
    expect(parked?.builds).toEqual(['one', 'two']);
    for (const { builds, created } of others)
      // The server needs a moment to route by the new build.
      if (Math.abs(created - at) > 2000) expect(builds).toEqual([created < at ? 'one' : 'two']);
      else expect(builds).toHaveLength(1);
    expect(new Set(others.flatMap(({ builds }) => builds))).toEqual(new Set(['one', 'two']));
    const [parent] = await partitionsOf(server.client, [run], 'backfill');
    expect(parent?.builds).toEqual(['one', 'two']);
    expect([parent, parked, ...others].flatMap((each) => each?.failedTasks)).toEqual([]);
    await isVerified('archive');

    const { document } = await sandbox.json<{ current: string; builds: { id: string; status: string }[] }>(
      ['deployment', 'show', '--temporal-deployment-name', 'archive'],
      server.env,
    );
    expect(document).toMatchObject({
      current: 'two',
      builds: [
        { id: 'two', status: 'current' },
        { id: 'one', status: expect.stringMatching(/^drain/) as string },
      ],
    });
    const report = await sandbox.run(['doctor'], server.env);
    expect(report.stdout).toContain('The current build of the deployment archive is two.');

    // Back to workers without a build.
    const plain = await worker('plain');
    expect(await deployment('set-current', 'unversioned')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'unversioned workers get the work. Partitions of two end there.',
      ) as string,
    });
    two.child.kill('SIGTERM');
    expect((await two.ended).code).toBe(0);
    const unversioned = await backfill('plain-archive', range.start, range.start + 3);
    const { partitions } = (await server.client.workflow.getHandle(unversioned).result()) as BackfillResult;
    expect(partitions.done).toBe(1);
    plain.child.kill('SIGTERM');
    expect((await plain.ended).code).toBe(0);
  }, 240_000);
});
