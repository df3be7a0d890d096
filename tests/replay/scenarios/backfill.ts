import { ApplicationFailure } from '@temporalio/activity';
import {
  type RetryRequest,
  TASK_QUEUE,
  finish,
  pause,
  resume,
  retryPartitions,
  setConcurrency,
} from '@parquetry/workflows';
import { until } from '../../workflows/rig';
import { SPEC, type Scenario, withBackfill } from './setting';

const ALL: { args: [RetryRequest] } = { args: [{ all: true }] };

/** Backfills and what operators do to them. */
export const BACKFILLS: Readonly<Record<string, Scenario>> = {
  backfill: (rig, keep) =>
    withBackfill(
      rig,
      { startsPerRun: 4 },
      (steps) => void (steps.broken.add('a:20') && steps.lost.add('b:40')),
      async ({ handle, run, steps, childId, when }) => {
        await when(({ phase }) => phase === 'blocked');
        steps.broken.clear();
        await handle.executeUpdate(retryPartitions, ALL);
        await handle.result();
        await keep('backfill', run);
        await keep('partition-parked', childId(20));
        await keep('partition-stage-lost', childId(40));
      },
    ),
  planned: (rig, keep) =>
    withBackfill(
      rig,
      {},
      (steps) => {
        const { planRun, nextPartitions } = steps.shared(async () => ({}));
        const first = { archive: SPEC.archive, plan: 'unread', cursor: SPEC.range.start, limit: 4 };
        return {
          shared: {
            planRun: async (spec) => ({ ...(await planRun(spec)), next: await nextPartitions(first) }),
          },
        };
      },
      async ({ handle, run }) => {
        await handle.result();
        await keep('backfill-planned', run);
      },
    ),
  cancelled: (rig, keep) =>
    withBackfill(
      rig,
      {},
      (steps) => void (steps.missing.add(10) && steps.held.add('a:20').add('b:30').add('a:40')),
      async ({ handle, run, steps, childId, when }) => {
        await when(({ parked, running }) => parked === 1 && running === 3);
        await until(
          async () => steps.committed,
          (committed) => committed.has('b:20') && committed.has('b:40'),
        );
        await handle.cancel();
        await handle.result().catch(() => undefined);
        await keep('backfill-cancelled', run);
        for (const [name, start] of [
          ['parked', 10],
          ['working', 20],
        ] as const) {
          await rig.server.client.workflow
            .getHandle(childId(start))
            .result()
            .catch(() => undefined);
          await keep(`partition-cancelled-${name}`, childId(start));
        }
      },
    ),
  told: (rig, keep) =>
    withBackfill(
      rig,
      { concurrency: 2 },
      (steps) => void (steps.missing.add(10) && steps.held.add('a:20').add('a:30').add('a:40').add('a:50')),
      async ({ handle, run, steps, childId, when }) => {
        await when(({ parked, running }) => parked === 1 && running === 2);
        await handle.executeUpdate(setConcurrency, { args: [3] });
        await when(({ running }) => running === 3);
        await handle.signal(pause);
        steps.held.delete('a:20');
        await when(({ phase, running }) => phase === 'paused' && running === 2);
        await handle.signal(resume);
        await when(({ running }) => running === 3);
        await handle.signal(finish);
        steps.held.clear();
        await handle.result();
        await keep('backfill-told', run);
        await rig.server.client.workflow.getHandle(childId(10)).result();
        await keep('partition-skipped', childId(10));
      },
    ),
  restarted: (rig, keep) =>
    withBackfill(
      rig,
      {},
      (steps) => void steps.missing.add(20).add(30),
      async ({ run, steps, childId, when }) => {
        const { workflow } = rig.server.client;
        await when(({ phase }) => phase === 'blocked');
        await workflow.getHandle(childId(20)).terminate('by hand');
        await when(({ troubled }) => troubled.some(({ reason }) => reason.includes('terminated')));
        steps.missing.delete(20);
        await workflow.getHandle(run).executeUpdate(retryPartitions, { args: [{ starts: [20] }] });
        await when(({ done }) => done === 5);
        const first = (await workflow.getHandle(run).describe()).runId;
        await workflow.getHandle(run).terminate('by hand');
        await keep('backfill-restarted', run, first);
        // The same run again: the log says that nothing is committed, and it meets the parked partition.
        steps.missing.clear();
        const input = { spec: SPEC, concurrency: 3, maxParked: 50, onFailure: 'park' };
        await workflow.start('backfill', { taskQueue: TASK_QUEUE, workflowId: run, args: [input] });
        await workflow.getHandle(run).result();
        await keep('backfill-met', run);
      },
    ),
  /** The same on a changed source: the run ends the partition, which has the old plan. */
  replanned: (rig, keep) =>
    withBackfill(
      rig,
      {},
      (steps) => {
        steps.missing.add(20);
        return { shared: { endOutdated: (child) => rig.endOutdated(child) } };
      },
      async ({ run, steps, when }) => {
        const { workflow } = rig.server.client;
        await when(({ phase }) => phase === 'blocked');
        await workflow.getHandle(run).terminate('by hand');
        steps.missing.clear();
        steps.plan = steps.plan.replaceAll('0', '1');
        const input = { spec: SPEC, concurrency: 3, maxParked: 50, onFailure: 'park' };
        await workflow.start('backfill', { taskQueue: TASK_QUEUE, workflowId: run, args: [input] });
        await workflow.getHandle(run).result();
        await keep('backfill-replanned', run);
      },
    ),
  inspected: (rig, keep) =>
    withBackfill(
      rig,
      { concurrency: 6, startsPerRun: 6, quiet: { working: 500, waiting: 500 } },
      (steps) => {
        for (let start = 10; start < 70; start += 10) steps.held.add(`a:${start}`);
        return { shared: { inspect: (ids) => rig.inspect(ids) } };
      },
      async ({ handle, run, firstRunId, steps, childId, when }) => {
        await until(
          () => handle.describe(),
          ({ runId }) => runId !== firstRunId,
        );
        await when(({ running }) => running === 6);
        await rig.server.client.workflow.getHandle(childId(30)).terminate('by hand');
        await when(({ parked }) => parked === 1);
        steps.held.clear();
        await when(({ phase }) => phase === 'blocked');
        await handle.executeUpdate(retryPartitions, ALL);
        await handle.result();
        await keep('backfill-inspected', run);
      },
    ),
  books: (rig, keep) => {
    const failing = new Map([['nextPartitions', 'STORAGE_UNREACHABLE']]);
    const fail = (step: string): void => {
      const code = failing.get(step);
      if (code !== undefined) throw ApplicationFailure.nonRetryable(`${step} can't be done now.`, code);
    };
    return withBackfill(
      rig,
      { quiet: { working: 500, waiting: 500 } },
      (steps) => {
        const { nextPartitions } = steps.shared(async () => ({}));
        return {
          shared: {
            nextPartitions: async (request) => {
              fail('nextPartitions');
              return nextPartitions(request);
            },
            summarize: async () => {
              fail('summarize');
              return [];
            },
          },
        };
      },
      async ({ handle, run, when }) => {
        await when(({ faults }) => faults !== undefined);
        failing.set('nextPartitions', 'PERMISSION_DENIED');
        await when(({ phase }) => phase === 'blocked');
        failing.clear();
        failing.set('summarize', 'PERMISSION_DENIED');
        await handle.signal(resume);
        await when(({ phase, done }) => phase === 'blocked' && done === 6);
        failing.clear();
        await handle.executeUpdate(retryPartitions, ALL);
        await handle.result();
        await keep('backfill-books', run);
      },
    );
  },
  failed: (rig, keep) =>
    withBackfill(
      rig,
      { onFailure: 'fail' },
      (steps) => void (steps.missing.add(20) && steps.held.add('a:30')),
      async ({ handle, run, steps, childId, when }) => {
        await when(({ failed, running, done }) => failed === 1 && running === 1 && done === 4);
        await rig.server.client.workflow.getHandle(childId(30)).terminate('by hand');
        steps.held.clear();
        await handle.result().catch(() => undefined);
        await keep('backfill-failed', run);
        await keep('partition-failed', childId(20));
      },
    ),
  /** All partitions succeed, but the archive lacks one: the run fails; before `lost-data-fails` it completed. */
  lost: (rig, keep) =>
    withBackfill(
      rig,
      {},
      () => ({
        shared: {
          summarize: async () => [
            { dataset: 'a', files: 5, rows: 5, bytes: 500, schemaVersion: 1, gaps: [{ start: 20, end: 29 }] },
          ],
        },
      }),
      async ({ handle, run }) => {
        await handle.result().catch(() => undefined);
        await keep('backfill-lost', run);
      },
    ),
  unplanned: (rig, keep) =>
    withBackfill(
      rig,
      {},
      () => ({
        shared: {
          planRun: async () => {
            throw ApplicationFailure.nonRetryable('There is no lake.', 'SOURCE_NOT_FOUND');
          },
        },
      }),
      async ({ handle, run }) => {
        await handle.result().catch(() => undefined);
        await keep('backfill-unplanned', run);
      },
    ),
};
