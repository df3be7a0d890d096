import type { WorkflowHandle } from '@temporalio/client';
import {
  type BackfillInput,
  type BackfillProgress,
  type RunSpec,
  type SharedActivities,
  type StageActivities,
  partitionWorkflowId,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill, fakeSpec } from '../../workflows/fakes';
import { type Rig, progressWhen } from '../../workflows/rig';

/** Queue of the steps that need a stage. */
export const STAGE = 'fake-replay-stage';

/** Six partitions of ten ledgers. */
export const SPEC = fakeSpec(6);

/** The same without a range, as tails and schedules have it. */
export const ENDLESS: Omit<RunSpec, 'range'> = (({ range: _, ...spec }: RunSpec) => spec)(SPEC);

/**
 * Keeps the histories of a workflow as files of a name: its latest run, or the one that is named, and as `NAME-run1`,
 * `NAME-run2`, … the runs that continued as new before it.
 */
export type Keep = (name: string, workflowId: string, runId?: string) => Promise<void>;

/** A run that is recorded. */
export type Scenario = (rig: Rig, keep: Keep) => Promise<void>;

/** What a scenario of a backfill works with. */
export interface Backfill {
  readonly handle: WorkflowHandle;
  readonly run: string;
  /** The run of the workflow that was started. */
  readonly firstRunId: string;
  readonly steps: FakeSteps;
  /** Workflow id of the partition that begins at a ledger. */
  childId(start: number): string;
  when(wanted: (found: BackfillProgress) => boolean): Promise<BackfillProgress>;
}

/** Steps of a scenario that replace those of the fakes. */
export interface Other {
  readonly shared?: Partial<SharedActivities>;
  readonly stage?: Partial<StageActivities>;
}

/** Runs a backfill of fake steps, three partitions concurrently, and `use` at the same time. */
export async function withBackfill(
  rig: Rig,
  more: Partial<BackfillInput>,
  prepare: (steps: FakeSteps) => Other | undefined,
  use: (backfill: Backfill) => Promise<void>,
): Promise<void> {
  const { client } = rig.server;
  const steps = new FakeSteps(SPEC, ['a', 'b'], STAGE);
  const other = prepare(steps);
  const input = fakeBackfill(6, { concurrency: 3, ...more });
  const activities = {
    shared: { ...steps.shared(async () => ({})), ...other?.shared },
    stage: { ...steps.stage(), ...other?.stage },
    stageQueue: STAGE,
  };
  await rig.run('backfill', input, activities, async ({ workflowId: run, firstExecutionRunId }) => {
    const handle = client.workflow.getHandle(run);
    await use({
      handle,
      run,
      firstRunId: firstExecutionRunId,
      steps,
      childId: (start) => partitionWorkflowId(run, String(start).padStart(10, '0')),
      when: (wanted) => progressWhen(handle, wanted),
    });
  });
}
