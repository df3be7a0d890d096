import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import {
  type LeaseActivities,
  type LimiterInput,
  type LimiterState,
  type SharedActivities,
  TASK_QUEUE,
  leaseRequest,
  limiterProgress,
} from '@parquetry/workflows';
import { limiterOf, requestLease } from '../../apps/worker/src/activities/requestlease';
import { FakeSteps, fakeBackfill, fakeSpec } from './fakes';
import { Rig, progressWhen, until } from './rig';

const LIMIT = 2;
const ARCHIVE = '/none';
const INPUT = { ...fakeBackfill(12), spec: fakeSpec(12) };

/** Steps whose tasks have the limit. */
class LimitedSteps {
  /** Partitions that were pulled and are not committed, by workflow id. */
  readonly working = new Set<string>();
  /** The largest number of them. */
  most = 0;
  /** The first partitions of the first run do not end their pull. */
  held = true;
  private readonly steps = new FakeSteps(INPUT.spec, ['a']);
  private first: string | undefined;

  constructor(private readonly rig: Rig) {}

  get activities(): { shared: SharedActivities & LeaseActivities; stage: object } {
    const { rig, steps } = this;
    const shared = steps.shared((ids) => rig.inspect(ids));
    const stage = steps.stage();
    return {
      shared: {
        ...shared,
        requestLease: (request) => requestLease(rig.server, request),
        nextPartitions: async (request) => {
          const { tasks, ...page } = await shared.nextPartitions(request);
          return { ...page, tasks: tasks.map((task) => ({ ...task, limit: LIMIT })) };
        },
        pull: async (request) => {
          const id = workflowId();
          this.first ??= id.split('/')[0];
          this.working.add(id);
          this.most = Math.max(this.most, this.working.size);
          const context = Context.current();
          while (this.held && request.task.range.start <= 20 && id.startsWith(`${this.first}/`)) {
            context.heartbeat();
            await context.sleep(50);
          }
          return shared.pull(request);
        },
      },
      stage: {
        ...stage,
        commit: async (step: Parameters<typeof stage.commit>[0]) => {
          const result = await stage.commit(step);
          this.working.delete(workflowId());
          return result;
        },
      },
    };
  }
}

function workflowId(): string {
  return Context.current().info.workflowExecution?.workflowId ?? '';
}

describe('the limiter of an archive', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  const state = (): Promise<LimiterState> =>
    rig.server.client.workflow.getHandle(limiterOf(ARCHIVE)).query(limiterProgress);
  const unused = { limit: LIMIT, held: [], waiting: [] };
  const withRun = async (
    use: (run: WorkflowHandleWithFirstExecutionRunId, steps: LimitedSteps) => Promise<void>,
  ): Promise<void> => {
    const steps = new LimitedSteps(rig);
    await rig.run('backfill', INPUT, steps.activities, async (run) => {
      await until(state, ({ held, waiting }) => held.length === LIMIT && waiting.length === 3);
      await use(run, steps);
      expect(steps.most).toBe(LIMIT);
      expect(await until(state, ({ held }) => held.length === 0)).toEqual(unused);
    });
  };

  it('holds over two runs and its own new runs; a terminated partition gives its lease back', async () => {
    const { workflow } = rig.server.client;
    const options: LimiterInput = { checkMs: 500, grantsPerRun: 5 };
    // Started here with short times; the partitions find it running.
    const limiter = await workflow.start('limiter', {
      taskQueue: TASK_QUEUE,
      workflowId: limiterOf(ARCHIVE),
      args: [options],
    });
    await withRun(async (one, steps) => {
      const two = await workflow.start('backfill', {
        taskQueue: TASK_QUEUE,
        workflowId: `backfill-${randomUUID()}`,
        args: [INPUT],
      });
      await until(state, ({ waiting }) => waiting.length === 8);
      const lost = `${one.workflowId}/p/0000000010`;
      steps.working.delete(lost);
      await workflow.getHandle(lost).terminate('by hand');
      // One lease is still held: the others take turns with the other.
      await progressWhen(two, ({ done }) => done >= 4);
      steps.held = false;
      await workflow.getHandle(one.workflowId).signal('finish');
      await Promise.all([one.result(), two.result()]);
    });
    const { runId } = await workflow.getHandle(limiterOf(ARCHIVE)).describe();
    expect(runId).not.toBe(limiter.firstExecutionRunId);
  }, 60_000);

  it('starts again for the next request; gives nothing to a cancelled partition or a malformed request', async () => {
    const { workflow } = rig.server.client;
    const limiter = workflow.getHandle(limiterOf(ARCHIVE));
    await limiter.terminate('by hand');
    await withRun(async (run, steps) => {
      await limiter.signal('leaseRequest', { holder: 5 });
      await limiter.signal(leaseRequest, { holder: 'x', token: 'y', limit: 0 });
      const [next] = (await state()).waiting;
      await workflow.getHandle(next?.holder ?? '').cancel();
      await until(state, ({ waiting }) => waiting.every(({ holder }) => holder !== next?.holder));
      steps.held = false;
      await workflow.getHandle(run.workflowId).signal('finish');
      await run.result();
    });
  }, 60_000);
});
