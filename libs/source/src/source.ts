import type { Layout, LedgerRange, StageManifest } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { MessageDecision } from './stage/decision';

/** A dataset that a source has for a range. */
export interface SourceDataset {
  readonly dataset: string;
  /** The schema for this run: predefined, or inferred over every value of the range (never a sample). */
  readonly schema: TableSchema;
  /** Messages in the range if `prepare` counts them (NDJSON); undefined for ledgers. */
  readonly messages?: number;
}

/** The result of `prepare`: all that a pull on any worker needs, as JSON, stored once per run in the archive. */
export interface SourceIndex {
  /** `ndjson`: messages; the others: whole ledgers. */
  readonly kind: 'ndjson' | 'galexie' | 'rpc' | 'fallback';
  readonly datasets: readonly SourceDataset[];
  /** Messages that belong to no partition (no usable ledger or type); their rejects are in `rejectsFile`. */
  readonly unusable: number;
  /** Messages outside the requested range or types. */
  readonly filtered: number;
  /** Bytes read from the source by `prepare`. */
  readonly bytesRead: number;
  /** The network passphrase, if the source states it. */
  readonly network?: string;
  /** Private to the source. */
  readonly data: unknown;
}

/** The request to `prepare`. */
export interface PrepareRequest {
  readonly range: LedgerRange;
  /** Requested message types; undefined for all types of the source. */
  readonly types?: readonly string[];
  /** A private folder for spooled files and for `rejects.ndjson` of unusable messages (one `RejectLine` per line). */
  readonly workDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SourceProgress) => void;
}

/** The request to `pull`: stage the messages of `range` for `datasets` in `stageDir`, which exists and is empty. */
export interface PullRequest {
  readonly stageId: string;
  readonly range: LedgerRange;
  readonly datasets: readonly { readonly dataset: string; readonly schema: TableSchema }[];
  readonly index: SourceIndex;
  readonly stageDir: string;
  /** Files on the same disk that the stage may overwrite; see `keepForReuse`. */
  readonly spareDir?: string;
  /** If set, a row whose close time belongs to a different folder from its ledger's first row is a CLOSE_TIME_CONFLICT. */
  readonly layout?: Layout;
  /** `keep`: a ledger that this version can't decode is a reject of every dataset. Absent: an error. */
  readonly unknown?: 'keep' | undefined;
  /** Hashes the rows of each ledger (`StagedDataset.rowHashes`). */
  readonly rowHashes?: boolean;
  /** Called with the outcome of every message. */
  readonly onDecision?: (decision: MessageDecision) => void;
  /** A folder shared by all pulls of a run on this machine, for spooled (decompressed) files. */
  readonly spoolDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SourceProgress) => void;
}

/** Progress for heartbeats. */
export interface SourceProgress {
  readonly bytesRead: number;
  readonly rows: number;
  readonly ledger?: number;
}

/** Where messages come from. Both calls can be repeated: their only state is files in their folders. */
export interface Source {
  readonly uri: string;
  /** Indexes the range in one pass: its datasets, their schemas, and the byte ranges of each ledger. */
  prepare(request: PrepareRequest): Promise<SourceIndex>;
  /** Stages a partition and writes `manifest.json` last. An aborted or failed pull leaves only files in `stageDir`. */
  pull(request: PullRequest): Promise<StageManifest>;
}
