import type { FlushReason, LedgerRange } from '@parquetry/core';
import type { DatasetSummary, PartitionTask, PlannedRun, RunSpec } from './types';

/** Names the plan of a run: where the archive is and the key the plan has in it. */
export interface PlanRef {
  readonly archive: string;
  readonly plan: string;
}

/** The next partitions to run from a cursor on. */
export interface NextPartitions {
  readonly tasks: readonly PartitionTask[];
  /** First ledger after what was looked at; beyond the range's end when nothing is left. */
  readonly cursor: number;
  /** Partitions passed over because they are committed. */
  readonly skipped: number;
  /** Tasks beyond one a partition: one that is committed in parts has a task for each part that is missing. */
  readonly split?: number;
}

/** Where a pull left its stage: later steps run on that worker's own queue. */
export interface StageRef {
  readonly stageId: string;
  readonly queue: string;
}

/** What a pull staged of one dataset. */
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
}

/** Input of the steps of one dataset of one partition. */
export interface DatasetStep extends PlanRef {
  readonly stageId: string;
  readonly range: LedgerRange;
  readonly dataset: string;
  /** What ended the range where a tail cut it. */
  readonly reason?: FlushReason;
  /** The stage was made from the archive's own files, which the commit replaces. */
  readonly compaction?: boolean;
}

/** Result of the commit step. `overtaken`: another writer committed some or all of the ledgers meanwhile, with the same rows. */
export interface CommitResult {
  readonly outcome: 'committed' | 'unchanged' | 'overtaken';
  /** Overtaken: the ledgers that nobody committed; they are to be pulled and committed on their own. */
  readonly rest?: readonly LedgerRange[];
  /** Overtaken: one sentence that says who committed what. */
  readonly note?: string;
  /** Delta version of the dataset's log after the commit. */
  readonly version: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  readonly rejected: number;
  /** Files by what closed them. */
  readonly closedBy: Readonly<Partial<Record<FlushReason, number>>>;
}

/** Steps that any worker can do; they run on the shared task queue. */
export interface SharedActivities {
  /** Looks the source over, infers and pins schemas, stores the plan in the archive. */
  planRun(spec: RunSpec): Promise<PlannedRun>;
  /** Decides from the commit log which partitions are to be run next. */
  nextPartitions(
    request: PlanRef & { readonly cursor: number; readonly limit: number },
  ): Promise<NextPartitions>;
  /** Reads a partition's messages into a stage on this worker's disk. */
  pull(request: PlanRef & { readonly task: PartitionTask }): Promise<PullResult>;
  /** Status by workflow id (`RUNNING`, `COMPLETED`, `TERMINATED`, …; `NOT_FOUND` when there is none). */
  inspect(workflowIds: readonly string[]): Promise<Record<string, string>>;
  /** Reads the run's range back from the commit log and removes the run's spooled files. */
  summarize(ref: PlanRef): Promise<readonly DatasetSummary[]>;
}

/** Steps that need a stage; they run on the queue of the worker that has it. */
export interface StageActivities {
  /** Puts the pinned schema in the registry; the same schema twice is the same version. */
  registerSchema(step: DatasetStep): Promise<{ readonly version: number; readonly fingerprint: string }>;
  /** Writes the staged rows as Parquet files beside the stage. */
  writeParquet(
    step: DatasetStep & { readonly schemaVersion: number },
  ): Promise<{ readonly files: number; readonly rows: number; readonly bytes: number }>;
  /** Reads the written files with a second reader and compares them with what the pull counted. */
  verifyRowCounts(
    step: DatasetStep & { readonly schemaVersion: number },
  ): Promise<{ readonly rows: number; readonly ledgers: number }>;
  /** Publishes the verified files and makes them part of the archive by one Delta commit. */
  commit(step: DatasetStep & { readonly schemaVersion: number }): Promise<CommitResult>;
  /** Removes a stage; true when it was there. */
  dropStage(stageId: string): Promise<boolean>;
}
