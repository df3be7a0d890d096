import { ApplicationFailure, Context } from '@temporalio/activity';
import { partitionAt, type LedgerRange } from '@parquetry/core';
import type {
  BackfillInput,
  DatasetStep,
  PartitionTask,
  RunSpec,
  SharedActivities,
  StageActivities,
} from '@parquetry/workflows';

/** Queue of fake steps that need a stage. */
export const STAGE = 'fake-stage';

/** A run of some partitions of ten ledgers each, from ledger 10 on. */
export function fakeSpec(partitions: number): RunSpec {
  return {
    source: { uri: 'galexie:/none' },
    archive: '/none',
    range: { start: 10, end: partitions * 10 + 9 },
    partitionSize: 10,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    maxRejects: 0,
    verify: 'ledger',
  };
}

/** A backfill of some partitions of ten ledgers each that parks what fails. */
export function fakeBackfill(partitions: number, more: Partial<BackfillInput> = {}): BackfillInput {
  return { spec: fakeSpec(partitions), concurrency: 5, maxParked: 50, onFailure: 'park', ...more };
}

/** Fake steps: they record what was pulled and committed, and fail on request. */
export class FakeSteps {
  /** `dataset:start` → commits. */
  readonly committed = new Map<string, number>();
  readonly pulled: PartitionTask[] = [];
  /** Key of the plan that the next run gets. */
  plan = '_parquetry/runs/00000000000000000000000000000000.json';
  /** Plans of the pulls that succeeded, in their order. */
  readonly plans: string[] = [];
  readonly dropped: string[] = [];
  /** `dataset:start` that fails in `verifyRowCounts` until it is removed from the set. */
  readonly broken = new Set<string>();
  /** `dataset:start` whose stage is lost once at `writeParquet`. */
  readonly lost = new Set<string>();
  /** `dataset:start` whose `writeParquet` runs until it is removed from the set, or cancelled. */
  readonly held = new Set<string>();
  /** Stages that were pulled. */
  readonly staged: string[] = [];
  /** Ledger starts whose pull fails with a final error until they are removed from the set. */
  readonly missing = new Set<number>();
  private stages = 0;

  constructor(
    private readonly spec: RunSpec,
    private readonly datasets: readonly string[],
    private readonly queue = STAGE,
  ) {}

  shared(inspect: SharedActivities['inspect']): SharedActivities {
    return {
      planRun: async () => ({
        plan: this.plan,
        datasets: this.datasets,
        partitions: Math.ceil((this.spec.range.end - this.spec.range.start + 1) / this.spec.partitionSize),
        unusable: 0,
        filtered: 0,
        bytesRead: 0,
      }),
      nextPartitions: async ({ cursor, limit }) => {
        const tasks: PartitionTask[] = [];
        let next = cursor;
        for (let part = this.part(next); part !== undefined && tasks.length < limit; part = this.part(next)) {
          tasks.push({ key: String(part.start).padStart(10, '0'), range: part, datasets: this.datasets });
          next = part.end + 1;
        }
        return { tasks, cursor: next, skipped: 0 };
      },
      pull: async ({ plan, task }) => {
        if (this.missing.has(task.range.start))
          throw ApplicationFailure.nonRetryable(
            `The lake has no ledger ${task.range.start}.`,
            'LEDGER_MISSING',
          );
        this.pulled.push(task);
        this.plans.push(plan);
        const datasets = task.datasets.map((dataset) => ({ dataset, messages: 1, rows: 1, rejected: 0 }));
        const stageId = `stage-${this.stages++}`;
        this.staged.push(stageId);
        return { stageId, queue: this.queue, datasets, bytesRead: 10 };
      },
      inspect,
      endOutdated: async () => false,
      summarize: async () => [],
    };
  }

  stage(): StageActivities {
    const key = ({ dataset, range }: DatasetStep): string => `${dataset}:${range.start}`;
    return {
      registerSchema: async () => ({ version: 1, fingerprint: 'f' }),
      writeParquet: async (step) => {
        if (this.lost.delete(key(step)))
          throw ApplicationFailure.nonRetryable('The stage is not here.', 'STAGE_LOST');
        await whileHeld(() => this.held.has(key(step)));
        return { files: 1, rows: 1, bytes: 100 };
      },
      verifyRowCounts: async (step) => {
        if (this.broken.has(key(step)))
          throw ApplicationFailure.nonRetryable(
            'The file has 1 row, the pull counted 2.',
            'VERIFY_MISMATCH',
            { hint: 'Look at the disk.' },
          );
        return { rows: 1, ledgers: 1 };
      },
      commit: async (step) => {
        this.committed.set(key(step), (this.committed.get(key(step)) ?? 0) + 1);
        return { outcome: 'committed', version: 0, files: 1, rows: 1, bytes: 100, rejected: 0, closedBy: {} };
      },
      dropStage: async (stageId) => this.dropped.push(stageId) > 0,
    };
  }

  private part(cursor: number): LedgerRange | undefined {
    return partitionAt(this.spec.range, this.spec.partitionSize, cursor);
  }
}

/** Heartbeats, because a heartbeat's response delivers a cancellation. */
async function whileHeld(held: () => boolean): Promise<void> {
  const context = Context.current();
  while (held()) {
    context.heartbeat();
    await context.sleep(100);
  }
}
