import { retry, skip } from '@parquetry/workflows';
import { type Scenario, withBackfill } from './setting';

/** Partitions that other writers and operators meet. Those that park, fail or are cancelled come with their backfills. */
export const PARTITIONS: Readonly<Record<string, Scenario>> = {
  overtaken: (rig, keep) =>
    withBackfill(
      rig,
      {},
      (steps) => {
        const stage = steps.stage();
        return {
          stage: {
            commit: async (step) => {
              if (step.dataset !== 'a' || step.range.start !== 20) return stage.commit(step);
              const nothing = { version: 1, files: 0, rows: 0, bytes: 0, rejected: 0, closedBy: {} };
              const rest = [
                { start: 23, end: 24 },
                { start: 28, end: 29 },
              ];
              return { ...nothing, outcome: 'overtaken', note: 'Another run took the rest of it.', rest };
            },
          },
        };
      },
      async ({ handle, run, childId }) => {
        await handle.result();
        await keep('backfill-overtaken', run);
        await keep('partition-overtaken', childId(20));
      },
    ),
  signalled: (rig, keep) =>
    withBackfill(
      rig,
      {},
      (steps) => void steps.broken.add('a:20').add('b:20').add('a:40'),
      async ({ handle, run, steps, childId, when }) => {
        await when(({ phase }) => phase === 'blocked');
        const { workflow } = rig.server.client;
        // Only one of its two causes is removed: it parks again and is then skipped.
        steps.broken.delete('b:20');
        await workflow.getHandle(childId(20)).signal(retry);
        await when(({ running }) => running === 0 && steps.committed.has('b:20'));
        await when(({ phase }) => phase === 'blocked');
        await workflow.getHandle(childId(20)).signal(skip);
        await when(({ abandoned }) => abandoned === 1);
        steps.broken.clear();
        await workflow.getHandle(childId(40)).signal(retry);
        await handle.result();
        await keep('backfill-signalled', run);
        await keep('partition-signalled', childId(20));
      },
    ),
};
