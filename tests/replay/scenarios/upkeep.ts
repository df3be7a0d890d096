import { ApplicationFailure, Context } from '@temporalio/activity';
import type {
  CompactActivities,
  CompactGroup,
  MaintainActivities,
  MaintainInput,
  ScheduledInput,
} from '@parquetry/workflows';
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

const MAINTAIN: MaintainInput = {
  archive: '/none',
  compact: { partitionSize: 10, verify: 'ledger', limit: 10, settledMs: 1 },
  ...{ logRetentionMs: 1, graceMs: 1, deep: { runs: 2, everyMs: 1 } },
};

/** Steps of a maintenance run whose audit finds this many faults. */
function maintainSteps(faults: number): MaintainActivities {
  return {
    tidyLogs: async () => ({ datasets: 1, written: 1, commits: 2, checkpoints: 0, bytes: 9, kept: ['a: …'] }),
    collectGarbage: async () => ({ removed: 1, bytes: 9, young: 1 }),
    auditAll: async () => ({
      ...{ datasets: 1, files: 1, rows: 1, bytes: 9, deep: 1, pending: 0, faults },
      findings: faults === 0 ? [] : [{ code: 'FILE_MISSING', dataset: 'a', message: 'a is missing.' }],
    }),
    reportRejects: async () => ({ total: 0, unread: 0, reasons: [] }),
  };
}

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
  maintain: async (rig, keep) => {
    const stage = new FakeSteps(SPEC, ['a'], STAGE).stage();
    const shared = { ...compactSteps([[group(10)]]), ...maintainSteps(0) };
    await rig.run('maintain', MAINTAIN, { shared, stage, stageQueue: STAGE }, async (handle) => {
      await handle.result();
      await keep('maintain', handle.workflowId);
    });
  },
  'maintain fails': async (rig, keep) => {
    const shared = {
      ...compactSteps([[group(30)]]),
      ...maintainSteps(1),
      collectGarbage: async () => {
        throw ApplicationFailure.nonRetryable('Access is denied.', 'PERMISSION_DENIED');
      },
    };
    await rig.run('maintain', { ...MAINTAIN, skip: ['log'] }, { shared }, async (handle) => {
      await handle.result().catch(() => undefined);
      await keep('maintain-failed', handle.workflowId);
    });
  },
  'maintain continues': async (rig, keep) => {
    let merging = (): void => undefined;
    const started = new Promise<void>((resolve) => (merging = resolve));
    const shared = {
      ...compactSteps([[group(10)]]),
      ...maintainSteps(0),
      mergeSegments: async (): Promise<never> => {
        merging();
        return Context.current().cancelled;
      },
    };
    await rig.run('maintain', MAINTAIN, { shared }, async (handle) => {
      await started;
      await rig.server.client.workflow.getHandle(`${handle.workflowId}/compact`).cancel();
      await handle.result().catch(() => undefined);
      await keep('maintain-uncompacted', handle.workflowId);
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
