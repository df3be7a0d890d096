import {
  ATTRIBUTES,
  type BackfillProgress,
  type BackfillResult,
  type PartitionInput,
  TASK_QUEUE,
  partitionWorkflowId,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill } from './fakes';
import { Rig, progressWhen } from './rig';

const INPUT = fakeBackfill(3);

describe('actions of an operator on workflows', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

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
    await rig.backfill(INPUT, steps, async (handle) => {
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
    });
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
      await client.workflow.getHandle(run.run).terminate('by hand');
      await client.workflow.start('backfill', { taskQueue: TASK_QUEUE, workflowId: run.run, args: [INPUT] });
      expect((await run.result()).partitions).toMatchObject({ total: 3, done: 3 });
      expect(run.steps.committed.get('a:20')).toBe(1);
    });
  }, 60_000);
});
