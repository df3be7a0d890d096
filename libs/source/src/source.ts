import type { Layout, LedgerRange, StageManifest } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { MessageDecision } from './stage/decision';

/** A dataset that a source can give for a range. */
export interface SourceDataset {
  readonly dataset: string;
  /** The schema for this run: predefined, or inferred over every value of the range (never a sample). */
  readonly schema: TableSchema;
  /** Messages seen in the range, where the source counts them ahead (NDJSON); undefined for lakes. */
  readonly messages?: number;
}

/** What `prepare` found: all that a pull on any worker needs, as plain JSON, stored once a run in the archive. */
export interface SourceIndex {
  /** `ndjson`: messages; the others: whole ledgers. */
  readonly kind: 'ndjson' | 'galexie' | 'rpc' | 'fallback';
  readonly datasets: readonly SourceDataset[];
  /** Messages that belong to no partition (no usable ledger or type); their rejects are in `rejectsFile`. */
  readonly unusable: number;
  /** Messages outside the asked range or of types not asked for. */
  readonly filtered: number;
  /** Bytes read from the source by `prepare`. */
  readonly bytesRead: number;
  /** The network passphrase where the source knows it. */
  readonly network?: string;
  /** Private to the source. */
  readonly data: unknown;
}

/** What `prepare` is asked. */
export interface PrepareRequest {
  readonly range: LedgerRange;
  /** Message types wanted; undefined for all the source has. */
  readonly types?: readonly string[];
  /** A private folder for spooled files and `rejects.ndjson` (core's RejectLine, one a line) of unusable messages. */
  readonly workDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SourceProgress) => void;
}

/** What `pull` is asked: stage the messages of `range` for `datasets` in `stageDir`, which exists and is empty. */
export interface PullRequest {
  readonly stageId: string;
  readonly range: LedgerRange;
  readonly datasets: readonly { readonly dataset: string; readonly schema: TableSchema }[];
  readonly index: SourceIndex;
  readonly stageDir: string;
  /** Files on the same disk that parts of the stage may write over; see `keepForReuse`. */
  readonly spareDir?: string;
  /** With it, rows that close in another folder than their ledger's first row are rejected: CLOSE_TIME_CONFLICT. */
  readonly layout?: Layout;
  /** Hears what becomes of every message. */
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

/** Where messages come from. Both calls are restartable: they keep nothing between them but files in their folders. */
export interface Source {
  readonly uri: string;
  /** Looks the range over once: which datasets, which schemas, where each ledger's bytes are. */
  prepare(request: PrepareRequest): Promise<SourceIndex>;
  /** Stages a partition and writes `manifest.json` last. Aborted or failed pulls leave only files in `stageDir`. */
  pull(request: PullRequest): Promise<StageManifest>;
}
