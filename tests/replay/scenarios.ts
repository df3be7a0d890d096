import { ApplicationFailure } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type BackfillProgress,
  type CutRequest,
  type CutResult,
  type RunSpec,
  type TailProgress,
  partitionWorkflowId,
  progress,
  retry,
  retryPartitions,
  stop,
  tailProgress,
} from '@parquetry/workflows';
import { FakeSteps } from '../workflows/fakes';
import { type Rig, until } from '../workflows/rig';

const STAGE = 'fake-replay-stage';
const SPEC: RunSpec = {
  source: { uri: 'galexie:/none' },
  archive: '/none',
  range: { start: 10, end: 69 },
  partitionSize: 10,
  settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
  maxRejects: 0,
  verify: 'ledger',
};

/** A run that is recorded: `keep` takes the histories of the workflows by the names of their files. */
export type Scenario = (rig: Rig, keep: (name: string, workflowId: string) => Promise<void>) => Promise<void>;

/** Each covers the waits, messages and failures that a change of the code could reorder. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  backfill: async (rig, keep) => {
    const steps = new FakeSteps(SPEC, ['a', 'b'], STAGE);
    steps.broken.add('a:20');
    steps.lost.add('b:40');
    const shared = steps.shared(async () => ({}));
    const input = { spec: SPEC, concurrency: 3, maxParked: 50, onFailure: 'park', startsPerRun: 4 };
    await rig.run('backfill', input, { shared, stage: steps.stage(), stageQueue: STAGE }, async (handle) => {
      await until(
        () => handle.query<BackfillProgress>(progress.name),
        ({ phase }) => phase === 'blocked',
      );
      steps.broken.clear();
      await handle.executeUpdate(retryPartitions, { args: [{ all: true }] });
      await handle.result();
      await keep('backfill', handle.workflowId);
      await keep('partition-parked', partitionWorkflowId(handle.workflowId, '0000000020'));
      await keep('partition-stage-lost', partitionWorkflowId(handle.workflowId, '0000000040'));
    });
  },
  tail: async (rig, keep) => {
    const { range: _, ...spec } = SPEC;
    const steps = new FakeSteps(SPEC, ['a', 'b'], STAGE);
    steps.broken.add('a:20');
    const shared = {
      ...steps.shared(async () => ({})),
      openTail: async () => ({ cursor: 10, network: 'test', plan: 'p' }),
      cut: async ({ cursor }: CutRequest): Promise<CutResult> => {
        if (cursor >= 40) return { kind: 'wait', tip: { ledger: 39 } };
        const task = { key: String(cursor), range: { start: cursor, end: cursor + 9 }, datasets: ['a', 'b'] };
        return { kind: 'flush', plan: 'p', task, reason: 'rows', late: 0, unusable: 0 };
      },
    };
    const policy = { maxRows: 1, maxBytes: 1, maxAgeSeconds: 1 };
    const input = { spec, from: 10, lag: 0, policy, pollSeconds: 1 };
    await rig.run('tail', input, { shared, stage: steps.stage(), stageQueue: STAGE }, async (handle) => {
      const when = (wanted: (state: TailProgress) => boolean): Promise<TailProgress> =>
        until(() => handle.query(tailProgress), wanted);
      await when(({ phase }) => phase === 'parked');
      steps.broken.clear();
      await handle.signal(retry);
      await when(({ cursor }) => cursor === 40);
      await handle.signal(stop);
      await handle.result();
      await keep('tail', handle.workflowId);
    });
  },
  compact: async (rig, keep) => {
    const steps = new FakeSteps(SPEC, ['a'], STAGE);
    let asked = 0;
    const group = { dataset: 'a', range: { start: 10, end: 19 }, segments: ['s1', 's2'], files: 2 };
    const shared = {
      findSegments: async () => (asked++ === 0 ? [group] : []),
      mergeSegments: async () => ({
        kind: 'staged',
        stageId: 's',
        queue: STAGE,
        plan: 'p',
        schemaVersion: 1,
        rows: 1,
      }),
    };
    const input = { archive: '/none', partitionSize: 10, verify: 'ledger' };
    await rig.run('compact', input, { shared, stage: steps.stage(), stageQueue: STAGE }, async (handle) => {
      await handle.result();
      await keep('compact', handle.workflowId);
    });
  },
  scheduled: async (rig, keep) => {
    const { range: _, ...spec } = SPEC;
    const shared = { resolveRange: async () => ({ tip: 9 }) };
    const input = { spec, lag: 0, maxLedgers: 100, concurrency: 1, maxParked: 1, onFailure: 'fail' };
    await rig.run('scheduled', input, { shared }, async (handle: WorkflowHandle) => {
      await handle.result();
      await keep('scheduled', handle.workflowId);
    });
  },
  failed: async (rig, keep) => {
    const shared = {
      planRun: async () => {
        throw ApplicationFailure.nonRetryable('There is no lake.', 'SOURCE_NOT_FOUND');
      },
    };
    const input = { spec: SPEC, concurrency: 1, maxParked: 1, onFailure: 'fail' };
    await rig.run('backfill', input, { shared }, async (handle) => {
      await handle.result().catch(() => undefined);
      await keep('backfill-failed', handle.workflowId);
    });
  },
};
