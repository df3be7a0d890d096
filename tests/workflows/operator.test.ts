import type { WorkflowHandle } from '@temporalio/client';
import {
  ATTRIBUTES,
  type BackfillProgress,
  type BackfillResult,
  type PartitionInput,
  type SharedActivities,
  TASK_QUEUE,
  partitionWorkflowId,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill } from './fakes';
import { Rig, progressWhen, until } from './rig';

const INPUT = fakeBackfill(3);

describe('actions of an operator on workflows', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  const endOutdated: SharedActivities['endOutdated'] = (child) => rig.endOutdated(child);
  const startAgain = (run: string): Promise<WorkflowHandle> =>
    rig.server.client.workflow.start('backfill', { taskQueue: TASK_QUEUE, workflowId: run, args: [INPUT] });

  interface Parked {
    readonly steps: FakeSteps;
    /** Workflow id of the run, and of its parked partition of ledgers 20–29. */
    readonly run: string;
    readonly child: string;
    blocked(reason: string): Promise<BackfillProgress>;
    result(): Promise<BackfillResult>;
  }

  /** A run of three partitions of which the second is parked; its cause is removed before `use` is called. */
  async function parked(use: (run: Parked) => Promise<void>): Promise<void> {
    const steps = new FakeSteps(INPUT.spec, ['a', 'b']);
    steps.missing.add(20);
    const whenParked = async (handle: WorkflowHandle): Promise<void> => {
      const run = handle.workflowId;
      const blocked = (reason: string): Promise<BackfillProgress> =>
        progressWhen(
          rig.server.client.workflow.getHandle(run),
          ({ phase, troubled }) => phase === 'blocked' && (troubled[0]?.reason ?? '').includes(reason),
        );
      await blocked('LEDGER_MISSING');
      steps.missing.clear();
      await use({
        steps,
        run,
        child: partitionWorkflowId(run, '0000000020'),
        blocked,
        result: () => rig.server.client.workflow.getHandle(run).result() as Promise<BackfillResult>,
      });
    };
    await rig.backfill(INPUT, steps, whenParked, { endOutdated });
  }

  const once = ({ steps }: Parked): void =>
    expect(Object.fromEntries(steps.committed)).toEqual(
      Object.fromEntries(['a', 'b'].flatMap((name) => [10, 20, 30].map((start) => [`${name}:${start}`, 1]))),
    );

  it('a terminated partition is reported to the run at once', async () => {
    await parked(async (run) => {
      const { client } = rig.server;
      await client.workflow.getHandle(run.child).terminate('by hand');
      const { troubled } = await run.blocked('terminated');
      expect(troubled).toEqual([
        {
          key: '0000000020',
          range: { start: 20, end: 29 },
          reason: 'its workflow ended without a report (terminated); a retry starts it again',
        },
      ]);
      const update = client.workflow
        .getHandle(run.run)
        .executeUpdate('retryPartitions', { args: [{ all: true }] });
      expect(await update).toEqual({ signalled: 0, restarted: 1 });
      expect((await run.result()).partitions).toMatchObject({ total: 3, done: 3 });
      once(run);
    });
  }, 60_000);

  it('a copy of a partition that was started alone is counted by its search attribute', async () => {
    await parked(async (run) => {
      const { client } = rig.server;
      const original = client.workflow.getHandle(run.child);
      const { events } = await original.fetchHistory();
      const data = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
      const input = JSON.parse(Buffer.from(data ?? []).toString()) as PartitionInput;
      await original.terminate('by hand');
      await run.blocked('terminated');
      await client.workflow.execute('partition', {
        taskQueue: TASK_QUEUE,
        workflowId: run.child,
        args: [input],
        typedSearchAttributes: [
          { key: ATTRIBUTES.run, value: run.run },
          { key: ATTRIBUTES.state, value: 'Parked' },
        ],
      });
      const { typedSearchAttributes } = await original.describe();
      expect(typedSearchAttributes.get(ATTRIBUTES.state)).toBeUndefined();
      expect((await run.result()).partitions).toMatchObject({ total: 3, done: 3 });
      once(run);
    });
  }, 60_000);

  it('a terminated run that is started again finds its parked partitions', async () => {
    await parked(async (run) => {
      const { client } = rig.server;
      const { runId } = await client.workflow.getHandle(run.child).describe();
      await client.workflow.getHandle(run.run).terminate('by hand');
      await startAgain(run.run);
      expect((await run.result()).partitions).toMatchObject({ total: 3, done: 3 });
      expect(run.steps.committed.get('a:20')).toBe(1);
      expect((await client.workflow.getHandle(run.child).describe()).runId).toBe(runId);
    });
  }, 60_000);

  it('a terminated run that is started again on a changed source ends its partitions of the old plan', async () => {
    const { client } = rig.server;
    const steps = new FakeSteps(INPUT.spec, ['a', 'b']);
    steps.missing.add(20);
    steps.held.add('a:30');
    const use = async ({ workflowId: run }: WorkflowHandle): Promise<void> => {
      const handle = client.workflow.getHandle(run);
      await progressWhen(handle, ({ done, parked, running }) => done + parked === 2 && running === 1);
      await handle.terminate('by hand');
      steps.missing.clear();
      const old = steps.plans.splice(0);
      steps.plan = '_parquetry/runs/11111111111111111111111111111111.json';
      await startAgain(run);
      await until(
        async () => steps.plans,
        ({ length }) => length === 3,
      );
      steps.held.clear();
      expect(((await handle.result()) as BackfillResult).partitions).toMatchObject({ total: 3, done: 3 });
      expect([new Set(steps.plans), old.includes(steps.plan)]).toEqual([new Set([steps.plan]), false]);
      expect(['a:20', 'b:20', 'a:30'].map((key) => steps.committed.get(key))).toEqual([1, 1, 1]);
    };
    await rig.backfill(INPUT, steps, use, { endOutdated });
  }, 60_000);
});
