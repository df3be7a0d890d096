import { ApplicationFailure } from '@temporalio/activity';
import type { CompactActivities, CompactGroup, ScheduledInput } from '@parquetry/workflows';
import { FakeSteps } from '../../workflows/fakes';
import { ENDLESS, SPEC, STAGE, type Scenario } from './setting';

const group = (start: number, part = false): CompactGroup => ({
  dataset: 'a',
  range: { start, end: start + 9 },
  segments: ['s1', 's2'],
  files: 2,
  ...(part ? { part } : {}),
});
const INPUT = { archive: '/none', partitionSize: 10, verify: 'ledger' };
const SCHEDULED: ScheduledInput = {
  ...{ spec: ENDLESS, lag: 0, maxLedgers: 100, concurrency: 2, maxParked: 1, onFailure: 'fail' },
};

/** A compaction of these pages, asked for one after the other. */
function compactSteps(pages: readonly (readonly CompactGroup[])[]): CompactActivities {
  let asked = 0;
  return {
    findSegments: async () => {
      const groups = pages[asked++] ?? [];
      const last = groups.at(-1);
      if (last === undefined || asked === pages.length) return { groups };
      return { groups, next: { dataset: 'a', ledger: last.range.end } };
    },
    mergeSegments: async ({ group: { range } }) => {
      if (range.start === 20) return { kind: 'done' };
      if (range.start === 30) throw ApplicationFailure.nonRetryable('A file is damaged.', 'FILE_CORRUPT');
      return { kind: 'staged', stageId: 's', queue: STAGE, plan: 'p', schemaVersion: 1, rows: 1 };
    },
  };
}

/** Compactions, and what schedules start. */
export const UPKEEP: Readonly<Record<string, Scenario>> = {
  compact: async (rig, keep) => {
    const stage = new FakeSteps(SPEC, ['a'], STAGE).stage();
    let lost = false;
    const activities = {
      shared: compactSteps([[group(10, true), group(20)], [group(40)]]),
      stage: {
        ...stage,
        commit: async (step: Parameters<typeof stage.commit>[0]) => {
          if (step.range.start !== 40 || lost) return stage.commit(step);
          lost = true;
          throw ApplicationFailure.nonRetryable('The stage is not here.', 'STAGE_LOST');
        },
      },
      stageQueue: STAGE,
    };
    await rig.run('compact', INPUT, activities, async (handle) => {
      await handle.result();
      await keep('compact', handle.workflowId);
    });
  },
  corrupt: async (rig, keep) => {
    const stage = new FakeSteps(SPEC, ['a'], STAGE).stage();
    const shared = compactSteps([[group(10), group(30)], [group(40)]]);
    await rig.run('compact', INPUT, { shared, stage, stageQueue: STAGE }, async (handle) => {
      await handle.result().catch(() => undefined);
      await keep('compact-failed', handle.workflowId);
    });
  },
  idle: async (rig, keep) => {
    const shared = { resolveRange: async () => ({ tip: 9 }) };
    await rig.run('scheduled', SCHEDULED, { shared }, async (handle) => {
      await handle.result();
      await keep('scheduled', handle.workflowId);
    });
  },
  due: async (rig, keep) => {
    const steps = new FakeSteps(SPEC, ['a'], STAGE);
    const shared = {
      ...steps.shared(async () => ({})),
      resolveRange: async () => ({ range: SPEC.range, tip: SPEC.range.end }),
    };
    await rig.run(
      'scheduled',
      SCHEDULED,
      { shared, stage: steps.stage(), stageQueue: STAGE },
      async (handle) => {
        await handle.result();
        await keep('scheduled-due', handle.workflowId);
      },
    );
  },
};
