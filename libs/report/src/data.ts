import type { RejectData } from '@parquetry/audit';
import type { LedgerRange } from '@parquetry/core';

/**
 * States of a ledger of a dataset, by their index in `DatasetData.runs`. `none`: no run requested it and no commit covers
 * it. `committed`, `tail` and `compacted` are in the archive, by who wrote them; `rejected` is in the archive and has
 * rejects. The others are requested and not committed: `waiting` for a running run to reach them, in a `running` or
 * `parked` partition, or in no run at all (`gap`).
 */
export const STATES = [
  'none',
  'committed',
  'tail',
  'compacted',
  'rejected',
  'gap',
  'waiting',
  'running',
  'parked',
] as const;

/** The state of a ledger of a dataset. */
export type LedgerState = (typeof STATES)[number];

/**
 * Everything that the page of an archive and `parquetry coverage` show. Its size is bounded: it has merged ranges and
 * sums, never an entry per ledger.
 */
export interface ReportData {
  readonly version: 1;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly archive: { readonly uri: string; readonly network: string; readonly layout: string };
  /** The ledgers of the map; absent while nothing is requested or committed. */
  readonly range?: LedgerRange;
  /** Ledgers with their close times in Unix seconds, from the names of files; at most 64, ascending. */
  readonly clock: readonly (readonly [ledger: number, seconds: number])[];
  readonly datasets: readonly DatasetData[];
  /** Datasets that are not listed. */
  readonly moreDatasets: number;
  readonly days: DayAxis;
  readonly sizes: SizeAxis;
  readonly work: readonly WorkItem[];
  /** Gaps and parked partitions that are not listed. */
  readonly moreWork: number;
  readonly rejects: RejectData;
  readonly temporal: TemporalData | { readonly unavailable: string };
}

/** One dataset. */
export interface DatasetData {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  readonly segments: number;
  /** Version of the Delta log. */
  readonly version: number;
  /** Ledgers of the map that are requested or committed. */
  readonly wanted: number;
  /** Ledgers of the map in each state. */
  readonly ledgers: Readonly<Record<LedgerState, number>>;
  /** The states of the map from its first ledger on: count, index of the state, count, index, … */
  readonly runs: readonly number[];
  /** Ledgers that a step of `runs` has at least; 1 when the map is exact. */
  readonly cell: number;
  /** Per bucket of the day axis. */
  readonly rowsPerDay: readonly number[];
  readonly bytesPerDay: readonly number[];
  /** Files per bucket of the size axis, and their bytes. */
  readonly filesPerSize: readonly number[];
  readonly bytesPerSize: readonly number[];
  readonly proof: ProofData;
  readonly schemas: readonly SchemaData[];
}

/** The proof of a dataset's coverage. */
export interface ProofData {
  readonly kind: 'chain' | 'declared' | 'mixed' | 'none';
  /** Ledgers whose hash chain the pull checked. */
  readonly chained: number;
  readonly declared: number;
  /** Segments that are committed without a record of what was verified. */
  readonly unrecorded: number;
  /** Places where the chains of two segments do not connect: the first ten sentences. */
  readonly breaks: readonly string[];
}

/** A version of a dataset's schema. */
export interface SchemaData {
  readonly version: number;
  readonly columns: number;
  readonly mode: string;
  /** Changes since the version before, one line each; at most 40. */
  readonly changes: readonly string[];
  readonly moreChanges: number;
  /** First and last ledger of the live segments that were written with it. */
  readonly range?: LedgerRange;
  /** When the first of these segments was recorded, ISO 8601. */
  readonly since?: string;
}

/** The buckets of time: `count` of `step` days, from day `first` since 1970-01-01 on. */
export interface DayAxis {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/** The buckets of file sizes: bucket i has the files below `bounds[i]` bytes, the last one all others. */
export interface SizeAxis {
  readonly bounds: readonly number[];
  /** Size that `parquetry compact` makes files of, bytes. */
  readonly target: number;
}

/** Uncommitted ledgers, and the command for them. */
export interface WorkItem {
  readonly kind: 'gap' | 'parked';
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  /** A shell command that can be pasted. */
  readonly command: string;
  /** What to know before running it: why the partition is parked, or that the source is unknown. */
  readonly note?: string;
  /** Workflow id of the parked partition. */
  readonly workflow?: string;
}

/** What Temporal says about the runs of the archive. */
export interface TemporalData {
  readonly address: string;
  readonly namespace: string;
  /** Address of the Web UI, if known. */
  readonly uiUrl?: string;
  readonly runs: readonly RunData[];
  /** Whether there may be older runs that are not listed. */
  readonly moreRuns: boolean;
  /** Running and parked partitions. */
  readonly active: readonly PartitionData[];
  /** Longest first. */
  readonly slowest: readonly PartitionData[];
  /** Most retries first. */
  readonly retried: readonly PartitionData[];
  /** Partitions that `slowest` was chosen from. */
  readonly compared: number;
}

/** A run of the archive. */
export interface RunData {
  readonly id: string;
  readonly type: string;
  /** Temporal's status in lower case: running, completed, … */
  readonly state: string;
  readonly range?: LedgerRange;
  /** Last ledger of its partitions so far: what is missing up to there does not wait for it. */
  readonly reached?: number;
  /** Datasets that it writes; absent for all. */
  readonly datasets?: readonly string[];
  /** ISO 8601. */
  readonly started: string;
  readonly seconds: number;
  readonly parked: number;
}

/** A partition of a run. */
export interface PartitionData {
  readonly id: string;
  readonly run: string;
  readonly state: 'running' | 'parked' | 'done' | 'failed';
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  readonly seconds: number;
  /** Repeated attempts of its steps; absent when its history was not read. */
  readonly retries?: number;
  /** Why it is parked or retried. */
  readonly reason?: string;
}
