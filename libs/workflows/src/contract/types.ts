import type { FlushReason, LedgerRange, WriteSettings } from '@parquetry/core';

/** Where messages come from and how they are told apart. Holds no credentials: it is in the workflow's history. */
export interface SourceSpec {
  /** `ndjson:…` or `galexie:…`. */
  readonly uri: string;
  /** Every message is of this type, whatever it says. */
  readonly messageType?: string;
  /** Type of messages that say none. */
  readonly defaultType?: string;
  /** Dotted path of the close time, per message type. */
  readonly closeTime?: Readonly<Record<string, string>>;
  /** Dotted path of the ledger, per message type. */
  readonly ledger?: Readonly<Record<string, string>>;
}

/** What a partition does when its retries are exhausted or its error is final. */
export type OnFailure = 'park' | 'fail';

/** What a run does with ledgers that are committed already. */
export type RunMode = 'fill' | 'replace';

/** How deep staged files are read before they are published. */
export type VerifyLevel = 'ledger' | 'full';

/**
 * What a run may do with what the known schema of a message type lacks, in dlt's words: new columns, and values of other
 * types. Absent: columns `evolve`, types `reject_row`.
 */
export interface RunContract {
  readonly columns?: 'evolve' | 'freeze' | 'reject_row';
  readonly types?: 'evolve' | 'freeze' | 'reject_row';
}

/** What a run may ask of a new version of a schema, with the meaning that Confluent's Schema Registry gives it. */
export type RunCompatibility =
  'NONE' | 'BACKWARD' | 'BACKWARD_TRANSITIVE' | 'FORWARD' | 'FORWARD_TRANSITIVE' | 'FULL' | 'FULL_TRANSITIVE';

/** What a run does; the same object makes the plan that `parquetry plan` prints. */
export interface RunSpec {
  readonly source: SourceSpec;
  /** Archive root: a path or URI without credentials. */
  readonly archive: string;
  readonly network?: string;
  /** Folder of the datasets below the archive's root; absent for what the archive has, the root in a new one. */
  readonly prefix?: string;
  /** Inclusive. */
  readonly range: LedgerRange;
  /** Ledgers a partition. */
  readonly partitionSize: number;
  /** Message types; undefined for all that the source has. */
  readonly types?: readonly string[];
  readonly settings: WriteSettings;
  /** What nested objects and arrays of inferred columns become; absent for what the archive has, `struct` in a new one. */
  readonly nested?: 'struct' | 'flatten' | 'json';
  readonly contract?: RunContract;
  /** Mode that the versions which the run registers are checked in; absent: `BACKWARD`. */
  readonly compatibility?: RunCompatibility;
  /** `latest`: also ledgers that are committed with an older version of their schema are written with the newest. */
  readonly schema?: 'latest';
  /** Rejected messages a partition and dataset may have before it fails. */
  readonly maxRejects: number;
  readonly verify: VerifyLevel;
  /** `fill` (default) takes what no commit covers; `replace` computes everything anew and takes its place where it differs. */
  readonly mode?: RunMode;
  /** Replaced files stay on storage; by default they are deleted right after the commit that replaces them. */
  readonly keepReplaced?: boolean;
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
  /** Quiet times; absent for a minute at work, ten while it only waits. */
  readonly quiet?: QuietTimes;
  /** State carried over a continue-as-new; empty when a person starts the workflow. */
  readonly carry?: BackfillCarry;
}

/**
 * Milliseconds without news after which a run looks for children that closed without a report, while partitions are at
 * work and while it only waits. A step of its own that failed is tried again after the time at work.
 */
export interface QuietTimes {
  readonly working: number;
  readonly waiting: number;
}

/** A partition to run: a ledger range and the datasets that still lack it. */
export interface PartitionTask {
  /** Last part of the child's workflow id: the zero-padded first ledger. */
  readonly key: string;
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  /** What ended the range where a tail cut it; its last file says so. */
  readonly reason?: FlushReason;
  /** Task queue of the pull where it is not the shared one. */
  readonly queue?: string;
}

/** Input of the `partition` workflow. Works alone too: everything else is in the stored plan. */
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

/** Counts of finished work, summed from partition to run. */
export interface Tally {
  readonly ledgers: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly rejected: number;
  /** Bytes that pulls read from the source. */
  readonly bytesRead: number;
}

/** What a partition tells the run; the run counts each key once whatever arrives twice. */
export interface PartitionReport {
  readonly key: string;
  readonly outcome: 'done' | 'parked' | 'resumed' | 'skipped' | 'failed';
  readonly tally?: Tally;
  readonly reason?: string;
  /** What other writers did to its ledgers meanwhile, a sentence each. */
  readonly notes?: readonly string[];
}

/** Result of the `partition` workflow. */
export interface PartitionResult {
  readonly outcome: 'done' | 'skipped';
  readonly tally: Tally;
}

/** A parked or failed partition as the run knows it. */
export interface TroubledPartition {
  readonly key: string;
  /** Its ledgers, inclusive; absent in what a run of an earlier version carried over. */
  readonly range?: LedgerRange;
  readonly reason: string;
}

/** A step of a run's own bookkeeping that failed when it was tried last. */
export interface StepFault {
  /** nextPartitions, inspect or summarize. */
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** It does not pass by itself: it is tried again when a person says `resume` or `retryPartitions`. */
  readonly final: boolean;
}

/**
 * Answer of the `progress` query. Partitions, except where a unit is named; a partition that is committed in parts counts
 * once for each part that is missing, as that is a workflow of its own. `total` grows when the run comes to such a one.
 */
export interface BackfillProgress {
  readonly phase: 'planning' | 'running' | 'paused' | 'blocked' | 'finished';
  readonly plan?: string;
  readonly total: number;
  readonly done: number;
  /** Already committed before this run came to them. */
  readonly skipped: number;
  /** Given up by an operator. */
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
  /** What the run itself could not do; absent when there is nothing. */
  readonly faults?: readonly StepFault[];
}

/** A dataset of the archive over the run's range, read back from the commit log when the run ends. */
export interface DatasetSummary {
  readonly dataset: string;
  readonly files: number;
  readonly rows: number;
  /** Messages kept beside the rows with the reasons why they are none. */
  readonly rejected?: number;
  /** Messages that the index pass counted in the range; absent where the source counts none ahead. */
  readonly messages?: number;
  /** Why the rows and rejects are not as many as the messages, where other runs committed some of them. */
  readonly note?: string;
  readonly bytes: number;
  readonly schemaVersion: number;
  /** Ledgers of the range that no commit covers. */
  readonly gaps: readonly LedgerRange[];
  /** Committed files of the range that are not on storage as they were committed; absent when all are there. */
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
  /** Bytes that the index pass read; what the pulls read is in the tally. */
  readonly indexBytesRead: number;
  readonly unusable: number;
  readonly filtered: number;
  /** Where the unusable messages are kept, if there are any: a key in the archive. */
  readonly rejects?: string;
  /** What other writers did to the run's ledgers meanwhile: the first 100 sentences. */
  readonly notes?: readonly string[];
  readonly stale?: StaleSegments;
}

/** State of a run that survives a continue-as-new. Bounded by the window and `maxParked`, not by the run's length. */
export interface BackfillCarry {
  readonly plan: PlannedRun;
  /** First ledger that no partition was asked for yet. */
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
  /** Messages outside the range or of types not asked for. */
  readonly filtered: number;
  /** Bytes that the index pass read. */
  readonly bytesRead: number;
  /** Key of the unusable messages in the archive, if there are any. */
  readonly rejects?: string;
  /** What a run that fills leaves as it is though it would write it in another way; absent when there is none. */
  readonly stale?: StaleSegments;
}

/** Committed segments of the range that were made with other settings; `--mode replace` writes them anew. */
export interface StaleSegments {
  readonly segments: number;
  /** The first 20. */
  readonly first: readonly { readonly dataset: string; readonly range: LedgerRange; readonly why: string }[];
}
