import type {
  ColumnTally,
  Conservation,
  CoverageProof,
  FileIdentity,
  FlushReason,
  LayoutFolder,
  LedgerRange,
  WriteSettings,
} from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';

/** A verified local file to be published to a dataset. */
export interface DraftFile {
  /** Its bytes no longer change, so the archive may hard-link the file instead of copying it. */
  readonly localPath: string;
  readonly folder: LayoutFolder;
  /** Ledgers the file covers, inclusive. */
  readonly range: LedgerRange;
  /** Greatest close time of its rows, Unix microseconds; part of the file's name. */
  readonly lastCloseTimeMicros: number;
  /** Bytes. */
  readonly size: number;
  /** Lower case hex. */
  readonly sha256: string;
  /** Its identity when it was verified; a file whose identity is unchanged is not read again. */
  readonly checked?: FileIdentity;
  readonly rows: number;
  /** Nulls and bounds per top-level column of this file. */
  readonly columns: Readonly<Record<string, ColumnTally>>;
  readonly reason: FlushReason;
}

/** The rejected messages of a segment as a local NDJSON file. */
export interface DraftRejects {
  readonly localPath: string;
  readonly rows: number;
  readonly size: number;
  readonly sha256: string;
}

/** The workflow that made a segment. */
export interface WorkflowIdentity {
  readonly id: string;
  readonly runId: string;
  /** Key of the plan that it executed; a plan identifies one state of the source. */
  readonly plan?: string;
}

/** A ledger range of one dataset, written and verified, ready to be published. */
export interface SegmentDraft {
  /** Ledgers the segment covers, inclusive. */
  readonly range: LedgerRange;
  readonly schema: RegisteredSchema;
  readonly settings: WriteSettings;
  /** sha256 over the accepted source messages; identifies the content. */
  readonly contentHash: string;
  /** In ledger order, disjoint, inside `range`; none for an empty segment. */
  readonly files: readonly DraftFile[];
  readonly rejects?: DraftRejects;
  /** Rows per ledger, ascending; only ledgers that have rows. */
  readonly ledgers: readonly { readonly ledger: number; readonly rows: number }[];
  readonly rejectedLedgers: readonly { readonly ledger: number; readonly rejected: number }[];
  /** The hashes of the rows of `ledgers`, in their order, 32 bytes each. */
  readonly rowHashes?: Buffer;
  readonly proof: CoverageProof;
  readonly conservation?: Conservation;
  /** Versions of what wrote the files, e.g. `{ duckdb: '1.5.6' }`. */
  readonly writer: Readonly<Record<string, string>>;
  readonly workflow?: WorkflowIdentity;
  /** `fill` (default) commits uncovered ranges only; `replace` replaces the segments inside the range. */
  readonly mode?: 'fill' | 'replace';
  /**
   * The rows are already committed: ids of the segments that hold them, in ledger order. The commit replaces exactly these
   * segments or fails: another run may have replaced one of them after its rows were read.
   */
  readonly compaction?: readonly string[];
}

/** A file of a committed segment. */
export interface PublishedFile {
  /** The object's key in the archive's store. */
  readonly key: string;
  /** Relative to the dataset's folder. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly rows: number;
  readonly range: LedgerRange;
}

/** Outcome of a publish. `unchanged`: the range is already committed with the same content and settings. */
export interface PublishResult {
  readonly outcome: 'committed' | 'unchanged';
  /** The table version that contains the segment. */
  readonly version: number;
  readonly segment: string;
  readonly files: readonly PublishedFile[];
  readonly rows: number;
  /** Keys of replaced files that may still be on storage; `retire` deletes them. */
  readonly replaced: readonly string[];
}
