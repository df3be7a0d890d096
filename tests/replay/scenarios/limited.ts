import {
  type LimiterInput,
  type LimiterState,
  TASK_QUEUE,
  limiterId,
  limiterProgress,
} from '@parquetry/workflows';
import { requestLease } from '../../../apps/worker/src/activities/requestlease';
import { type Rig, until } from '../../workflows/rig';
import { SPEC, type Scenario, withBackfill } from './setting';
import { cut, fakes, withTail } from './tail';

/** The activity of the worker, for workflows with a limit of partitions. */
type Lease = Parameters<typeof requestLease>[1];
const leasing = (rig: Rig): object => ({
  requestLease: (request: Lease) => requestLease(rig.server, request),
});

/** Starts the limiter with short times; workflows find it running. */
async function startLimiter(rig: Rig): Promise<string> {
  const input: LimiterInput = { checkMs: 500, idleMs: 3000, grantsPerRun: 4 };
  const workflowId = limiterId(SPEC.archive);
  await rig.server.client.workflow.start('limiter', { taskQueue: TASK_QUEUE, workflowId, args: [input] });
  return workflowId;
}

/** Workflows of an archive with a limit, and their limiter. */
export const LIMITED: Readonly<Record<string, Scenario>> = {
  limited: async (rig, keep) => {
    const id = await startLimiter(rig);
    const { workflow } = rig.server.client;
    const state = (): Promise<LimiterState> => workflow.getHandle(id).query(limiterProgress);
    await withBackfill(
      rig,
      {},
      (steps) => {
        const { nextPartitions } = steps.shared(async () => ({}));
        steps.held.add('a:10').add('a:20');
        steps.broken.add('b:40');
        return {
          shared: {
            ...leasing(rig),
            inspect: (ids) => rig.inspect(ids),
            nextPartitions: async (request) => {
              const { tasks, ...page } = await nextPartitions(request);
              return { ...page, tasks: tasks.map((task) => ({ ...task, limit: 2 })) };
            },
          },
        };
      },
      async ({ handle, steps, childId, when }) => {
        await until(state, ({ held, waiting }) => held.length === 2 && waiting.length === 1);
        // A waiting partition is cancelled, one with a lease is terminated: its lease is found.
        await workflow.getHandle(childId(30)).cancel();
        await workflow.getHandle(childId(10)).terminate('by hand');
        await when(({ done, parked }) => done >= 2 && parked === 3);
        steps.held.clear();
        steps.broken.clear();
        await handle.executeUpdate('retryPartitions', { args: [{ all: true }] });
        await handle.result();
        await workflow.getHandle(id).result();
        await keep('limiter', id);
        await keep('partition-limited', childId(40));
        await keep('partition-limited-cancelled', childId(30));
      },
    );
  },
  limitedTail: async (rig, keep) => {
    const watch: typeof cut = async (request) => {
      const found = await cut(request);
      return found.kind === 'flush' ? { ...found, task: { ...found.task, limit: 1 } } : found;
    };
    await withTail(
      rig,
      { until: 39 },
      fakes(),
      watch,
      async (handle) => {
        await handle.result();
        await keep('tail-limited', handle.workflowId);
      },
      leasing(rig),
    );
  },
};
