import type { FlushReason, LedgerRange, WriteSettings } from '@parquetry/core';
import type { PaceCarry, PaceSample } from '../pace';
import type { PlannedWork } from './work';

/** Source of the messages and how to classify them. Contains no credentials: it is in the workflow's history. */
export interface SourceSpec {
  /** `ndjson:…` or `galexie:…`. */
  readonly uri: string;
  /** Overrides the type of every message. */
  readonly messageType?: string;
  /** Type of messages without a type. */
  readonly defaultType?: string;
  /** Dotted path of the close time, per message type. */
  readonly closeTime?: Readonly<Record<string, string>>;
  /** Dotted path of the ledger, per message type. */
  readonly ledger?: Readonly<Record<string, string>>;
}

/** Reaction of a partition to exhausted retries or a final error. */
export type OnFailure = 'park' | 'fail';

/** How a run treats ledgers that are already committed. */
export type RunMode = 'fill' | 'replace';

/** Depth of the check of staged files before publication. */
export type VerifyLevel = 'ledger' | 'full';

/**
 * How a run treats data that does not fit the known schema of a message type, in dlt's terms: new columns, and values
 * of other types. Absent: columns `evolve`, types `reject_row`.
 */
export interface RunContract {
  readonly columns?: 'evolve' | 'freeze' | 'reject_row';
  readonly types?: 'evolve' | 'freeze' | 'reject_row';
}

/** Compatibility mode for a new version of a schema, as defined by Confluent's Schema Registry. */
export type RunCompatibility =
  'NONE' | 'BACKWARD' | 'BACKWARD_TRANSITIVE' | 'FORWARD' | 'FORWARD_TRANSITIVE' | 'FULL' | 'FULL_TRANSITIVE';

/** Spec of a run; `parquetry plan` makes its plan from the same object. */
export interface RunSpec {
  readonly source: SourceSpec;
  /** Archive root: a path or URI without credentials. */
  readonly archive: string;
  readonly network?: string;
  /** Folder of the datasets below the archive's root; absent: as in the archive, the root for a new one. */
  readonly prefix?: string;
  /** Inclusive. */
  readonly range: LedgerRange;
  /** Ledgers per partition. */
  readonly partitionSize: number;
  /** Message types; undefined for all types of the source. */
  readonly types?: readonly string[];
  readonly settings: WriteSettings;
  /**
   * How nested objects and arrays of inferred columns are stored; absent: as in the archive, `struct` for a new one.
   */
  readonly nested?: 'struct' | 'flatten' | 'json';
  readonly contract?: RunContract;
  /** Compatibility mode of the versions that the run registers; absent: `BACKWARD`. */
  readonly compatibility?: RunCompatibility;
  /** `latest`: ledgers that are committed with an older schema version are rewritten with the newest. */
  readonly schema?: 'latest';
  /** `keep`: ledgers with XDR values that this version does not know become rejects. Absent: they fail the partition. */
  readonly unknown?: 'keep';
  /** Rejected messages allowed per partition and dataset before it fails. */
  readonly maxRejects: number;
  readonly verify: VerifyLevel;
  /** `fill` (default) processes uncovered ledgers; `replace` recomputes everything and replaces what differs. */
  readonly mode?: RunMode;
  /** Keeps replaced files on storage; by default they are deleted right after the commit that replaces them. */
  readonly keepReplaced?: boolean;
  /** Hashes the rows of each ledger; absent: only for sources of ledgers. */
  readonly rowHashes?: boolean;
  /** Keeps Iceberg tables over the same files. Tables that exist are kept current in any case. */
  readonly iceberg?: boolean;
}

/** Input of the `backfill` workflow. */
export interface BackfillInput {
  readonly spec: RunSpec;
  /** Partitions in flight. */
  readonly concurrency: number;
  /** Stop starting partitions when this many are parked. */
  readonly maxParked: number;
  readonly onFailure: OnFailure;
  /** Children started before the workflow continues as new; bounds its history. */
  readonly startsPerRun?: number;
  /** Quiet times; absent: one minute while partitions run, ten while the run only waits. */
  readonly quiet?: QuietTimes;
  /** State carried over a continue-as-new; absent at the first start. */
  readonly carry?: BackfillCarry;
}

/**
 * Milliseconds without reports after which a run looks for children that closed silently: while partitions run, and
 * while the run only waits. A failed bookkeeping step is retried after the first time.
 */
export interface QuietTimes {
  readonly working: number;
  readonly waiting: number;
}

/** A partition to run: a ledger range and the datasets that lack it. */
export interface PartitionTask {
  /** Last part of the child's workflow id: the zero-padded first ledger. */
  readonly key: string;
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  /** What ended the range of a tail's flush; recorded with its last file. */
  readonly reason?: FlushReason;
  /** Task queue of the pull where it is not the shared one. */
  readonly queue?: string;
  /** Most partitions of the archive at work, over all runs; absent: no limit. */
  readonly limit?: number;
}

/** Input of the `partition` workflow. Also works without a run: everything else is in the stored plan. */
export interface PartitionInput {
  readonly archive: string;
  /** Key of the run's plan in the archive. */
  readonly plan: string;
  readonly task: PartitionTask;
  readonly onFailure: OnFailure;
}

/** Why a dataset of a partition could not be committed. */
export interface DatasetFailure {
  readonly dataset: string;
  /** The activity that failed: pull, registerSchema, writeParquet, verifyRowCounts, commit. */
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What was committed of one dataset. */
export interface DatasetTally {
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly rejected: number;
}

/** Counts of finished work, summed from partition to run. */
export interface Tally extends DatasetTally {
  readonly ledgers: number;
  /** Bytes that pulls read from the source. */
  readonly bytesRead: number;
  /** The same by dataset, for the first 100 datasets. */
  readonly datasets?: Readonly<Record<string, DatasetTally>>;
}

/** Report of a partition to the run; the run counts each key once, even if a report arrives twice. */
export interface PartitionReport {
  readonly key: string;
  /** Plan that the partition executes; absent in reports of an earlier version. */
  readonly plan?: string;
  readonly outcome: 'done' | 'parked' | 'resumed' | 'skipped' | 'failed';
  readonly tally?: Tally;
  readonly reason?: string;
  /** What other writers did to its ledgers meanwhile, one sentence each. */
  readonly notes?: readonly string[];
}

/** Result of the `partition` workflow. */
export interface PartitionResult {
  readonly outcome: 'done' | 'skipped';
  readonly tally: Tally;
}

/** A parked or failed partition in the state of the run. */
export interface TroubledPartition {
  readonly key: string;
  /** Its ledgers, inclusive; absent in what a run of an earlier version carried over. */
  readonly range?: LedgerRange;
  readonly reason: string;
}

/** A bookkeeping step of a run that failed in its last attempt. */
export interface StepFault {
  /** nextPartitions, inspect or summarize. */
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Not transient: it is retried when a person sends `resume` or `retryPartitions`. */
  readonly final: boolean;
}

/**
 * Answer of the `progress` query. Partitions, except where a unit is named; a partition that is committed in parts
 * counts once per missing part, because each part is a separate workflow. `total` grows when the run reaches such a
 * partition.
 */
export interface BackfillProgress {
  readonly phase: 'planning' | 'running' | 'paused' | 'blocked' | 'finished';
  readonly plan?: string;
  readonly total: number;
  readonly done: number;
  /** Committed before this run reached them. */
  readonly skipped: number;
  /** Skipped by a person. */
  readonly abandoned: number;
  readonly running: number;
  readonly parked: number;
  readonly failed: number;
  readonly concurrency: number;
  readonly tally: Tally;
  /** The first 100 parked and failed ones. */
  readonly troubled: readonly TroubledPartition[];
  /** Messages of the source that belong to no partition. */
  readonly unusable: number;
  /** Failed bookkeeping steps of the run; absent when there are none. */
  readonly faults?: readonly StepFault[];
  /** The first 32 partitions in flight, in ledger order; absent in the answer of an earlier version. */
  readonly inflight?: readonly { readonly key: string; readonly range: LedgerRange }[];
  /** Datasets of the run, once it is planned. */
  readonly datasets?: readonly string[];
  /** Absent before the run is planned. */
  readonly pace?: RunPace;
}

/** How much of a run's work is done and how fast, to estimate its remaining time. Amounts as in `PlannedWork`. */
export interface RunPace {
  readonly tasks: number;
  readonly amount: number;
  /** Amount of the tasks that are done, skipped by a person, or failed. */
  readonly settled: number;
  /** Amount of the parked tasks. */
  readonly parked: number;
  /** The last tasks that are done, in the order in which they ended. */
  readonly samples: readonly PaceSample[];
}

/** A dataset of the archive in the run's range, read from the commit log when the run ends. */
export interface DatasetSummary {
  readonly dataset: string;
  readonly files: number;
  readonly rows: number;
  /** Rejected messages, kept with their reasons. */
  readonly rejected?: number;
  /** Messages that the index pass counted in the range; absent when the source has no counts. */
  readonly messages?: number;
  /**
   * Why rows and rejects differ from the message count, when other runs committed some of them; why the Iceberg table of
   * an earlier run is not current.
   */
  readonly note?: string;
  readonly bytes: number;
  readonly schemaVersion: number;
  /** Ledgers of the range that no commit covers. */
  readonly gaps: readonly LedgerRange[];
  /** Committed files of the range that are missing or altered on storage; absent when all are intact. */
  readonly missing?: { readonly files: number; readonly first: string };
}

/** Result of the `backfill` workflow. */
export interface BackfillResult {
  readonly range: LedgerRange;
  readonly partitions: {
    readonly total: number;
    readonly done: number;
    readonly skipped: number;
    readonly abandoned: number;
  };
  readonly tally: Tally;
  readonly datasets: readonly DatasetSummary[];
  /** Bytes that the index pass read; the tally has the bytes of the pulls. */
  readonly indexBytesRead: number;
  readonly unusable: number;
  readonly filtered: number;
  /** Key of the unusable messages in the archive, if there are any. */
  readonly rejects?: string;
  /** What other writers did to the run's ledgers meanwhile: the first 100 sentences. */
  readonly notes?: readonly string[];
  readonly stale?: StaleSegments;
}

/** State of a run that survives a continue-as-new. Bounded by the window and `maxParked`, not by the run's length. */
export interface BackfillCarry {
  readonly plan: PlannedRun;
  /** First ledger that was not requested yet. */
  readonly cursor: number;
  readonly inflight: readonly PartitionTask[];
  readonly parked: readonly (TroubledPartition & { readonly task: PartitionTask })[];
  readonly failed: readonly TroubledPartition[];
  readonly failedCount: number;
  readonly requeue: readonly PartitionTask[];
  readonly notes?: readonly string[];
  readonly done: number;
  readonly skipped: number;
  readonly split?: number;
  readonly abandoned: number;
  readonly tally: Tally;
  readonly settled?: number;
  readonly pace?: PaceCarry;
  readonly paused: boolean;
  readonly finishing: boolean;
  readonly concurrency: number;
}

/** What the plan step returns: references and counts, never rows. */
export interface PlannedRun {
  /** Key of the stored plan in the archive. */
  readonly plan: string;
  readonly datasets: readonly string[];
  readonly network?: string;
  readonly partitions: number;
  /** Messages of the source that belong to no partition; kept in the run's rejects. */
  readonly unusable: number;
  /** Messages outside the range, or of a type that was not requested. */
  readonly filtered: number;
  /** Bytes that the index pass read. */
  readonly bytesRead: number;
  /** Key of the unusable messages in the archive, if there are any. */
  readonly rejects?: string;
  /** Stale segments, which a `fill` run does not change; absent when there are none. */
  readonly stale?: StaleSegments;
  /** Absent in histories of earlier versions. */
  readonly work?: PlannedWork;
}

/** Committed segments of the range that were made with other settings; `--mode replace` rewrites them. */
export interface StaleSegments {
  readonly segments: number;
  /** The first 20. */
  readonly first: readonly { readonly dataset: string; readonly range: LedgerRange; readonly why: string }[];
}
