import type { Conservation, FlushReason, LedgerRange } from '@parquetry/core';
import type { DatasetSummary, PartitionTask, PlannedRun, RunSpec } from './types';

/** Reference to the plan of a run: the archive and the key of the plan. */
export interface PlanRef {
  readonly archive: string;
  readonly plan: string;
}

/** The next partitions to run from a cursor on. */
export interface NextPartitions {
  readonly tasks: readonly PartitionTask[];
  /** Next ledger to check; beyond the range's end when nothing is left. */
  readonly cursor: number;
  /** Partitions skipped because they are committed. */
  readonly skipped: number;
  /** Tasks in addition to one per partition: a partition that is committed in parts has one task per missing part. */
  readonly split?: number;
}

/** A plan with its first page of partitions; absent in histories of earlier versions. */
export interface PlanResult extends PlannedRun {
  readonly next?: NextPartitions;
}

/** Location of a stage: later steps run on the queue of its work folder. */
export interface StageRef extends StageQueue {
  readonly stageId: string;
}

/** The task queue of a work folder. */
export interface StageQueue {
  readonly queue: string;
  /**
   * Milliseconds that a step may wait in this queue before the folder counts as lost and its partition is pulled again
   * by another worker; absent: ten minutes.
   */
  readonly takeOverMs?: number;
}

/** Staged counts of one dataset. */
export interface PulledDataset {
  readonly dataset: string;
  readonly messages: number;
  readonly rows: number;
  readonly rejected: number;
}

/** Result of the pull step. */
export interface PullResult extends StageRef {
  readonly datasets: readonly PulledDataset[];
  readonly bytesRead: number;
  /** Absent unless all tables with native balances were pulled. */
  readonly conservation?: Conservation;
}

/** Input of the steps of one dataset of one partition. */
export interface DatasetStep extends PlanRef {
  readonly stageId: string;
  readonly range: LedgerRange;
  readonly dataset: string;
  /** What ended the range of a tail's flush. */
  readonly reason?: FlushReason;
  /** The stage was made from the files of these segments of the archive, which the commit replaces. */
  readonly compaction?: readonly string[];
}

/** Result of the commit step. `overtaken`: another writer committed some or all of the ledgers meanwhile, with the same rows. */
export interface CommitResult {
  readonly outcome: 'committed' | 'unchanged' | 'overtaken';
  /** Overtaken: the ledgers that remain uncommitted; they must be pulled and committed separately. */
  readonly rest?: readonly LedgerRange[];
  /** Overtaken: one sentence that says who committed what. */
  readonly note?: string;
  /** Delta version of the dataset's log after the commit. */
  readonly version: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  readonly rejected: number;
  /** Files by closing reason. */
  readonly closedBy: Readonly<Partial<Record<FlushReason, number>>>;
  /** Why the dataset's Iceberg table does not have the commit yet. */
  readonly iceberg?: string;
}

/** Steps that any worker can run; they use the shared task queue. */
export interface SharedActivities {
  /** Indexes the source, infers and pins schemas, stores the plan in the archive. */
  planRun(spec: RunSpec): Promise<PlanResult>;
  /** Decides from the commit log which partitions run next. */
  nextPartitions(
    request: PlanRef & { readonly cursor: number; readonly limit: number },
  ): Promise<NextPartitions>;
  /** Reads a partition's messages into a stage on this worker's disk. */
  pull(request: PlanRef & { readonly task: PartitionTask }): Promise<PullResult>;
  /**
   * Status by workflow id (`COMPLETED`, `TERMINATED`, …; `RUNNING` also for a paused one, `NOT_FOUND` when it does not
   * exist).
   */
  inspect(workflowIds: readonly string[]): Promise<Record<string, string>>;
  /**
   * Ends a partition that executes another plan, by terminating it. True when no workflow with the id runs after that;
   * false for one that executes this plan.
   */
  endOutdated(child: { readonly workflowId: string; readonly plan: string }): Promise<boolean>;
  /** Reads the run's range from the commit log and removes the run's spooled files. */
  summarize(ref: PlanRef): Promise<readonly DatasetSummary[]>;
}

/** Steps that need a stage; they run on the queue of the stage's work folder. */
export interface StageActivities {
  /** Registers the pinned schema; a repetition returns the same version. */
  registerSchema(step: DatasetStep): Promise<{ readonly version: number; readonly fingerprint: string }>;
  /** Writes the staged rows as Parquet files next to the stage. */
  writeParquet(
    step: DatasetStep & { readonly schemaVersion: number },
  ): Promise<{ readonly files: number; readonly rows: number; readonly bytes: number }>;
  /** Reads the written files with a second reader and compares them with what the pull counted. */
  verifyRowCounts(
    step: DatasetStep & { readonly schemaVersion: number },
  ): Promise<{ readonly rows: number; readonly ledgers: number }>;
  /** Publishes the verified files with one Delta commit. */
  commit(step: DatasetStep & { readonly schemaVersion: number }): Promise<CommitResult>;
  /** Removes a stage; true when it existed. */
  dropStage(stageId: string): Promise<boolean>;
}
