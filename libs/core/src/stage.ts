import type { LedgerTally } from './cuts';
import type { StageForm } from './parts';
import type { LedgerRange } from './range';

/**
 * The stage: what a pull leaves in a folder of the worker's disk. One folder a pull:
 *
 *   {stage}/manifest.json                    StageManifest
 *   {stage}/{dataset}.rows.ndjson            accepted rows, one JSON object a line, keys = schema column names;
 *   {stage}/{dataset}.rows.{n}.ndjson        large datasets go on in parts 1, 2, … (see parts.ts)
 *   {stage}/{dataset}.rejects.ndjson         Reject, one a line (absent when there are none)
 *
 * Rows that were never text (decoded ledgers, messages that came as objects) are staged in the form `arrow`: parts
 * `{dataset}.rows.arrow`, `{dataset}.rows.1.arrow`, … are Arrow IPC streams of the registered schema (`toArrowSchema`).
 *
 * A staged value is one that DuckDB's `read_json` with explicit column types reads exactly (invariant 5):
 * bool `true|false`; int32, int64, uint32, uint64 a bare integer lexeme; float64 a number lexeme; decimal128 a JSON
 * string of digits; utf8 a JSON string; json a JSON string that holds JSON text; timestamp a JSON string
 * `YYYY-MM-DDTHH:MM:SS[.ffffff]Z` in UTC; list an array, struct an object of such values; null or an absent key NULL.
 */
export interface StageManifest {
  readonly stageId: string;
  readonly range: LedgerRange;
  readonly datasets: readonly StagedDataset[];
  /** Bytes the pull read from the source. */
  readonly bytesRead: number;
  readonly proof: CoverageProof;
}

/** What proves that the range is whole: the ledger hash chain, or only the word of whoever gave the range. */
export type CoverageProof =
  | { readonly kind: 'chain'; readonly firstPreviousHash: string; readonly lastHash: string }
  | { readonly kind: 'declared' };

/** What a pull counted for one dataset of the stage. */
export interface StagedDataset {
  readonly dataset: string;
  readonly rows: number;
  readonly rejected: number;
  /** Messages of the source inside the range, before validation: rows + rejected. */
  readonly messages: number;
  /** True when staged rows are already in (ledger, ordinal) order; else the writer orders by (ledger, row number). */
  readonly sorted: boolean;
  /** What the parts of the rows are; absent for `ndjson`. */
  readonly form?: StageForm;
  /** Ledgers with rows, ascending. */
  readonly ledgers: readonly LedgerTally[];
  /** Rejected messages per ledger, ascending, only ledgers that have some. */
  readonly rejectedLedgers: readonly { readonly ledger: number; readonly rejected: number }[];
  /**
   * Bytes of the rows' values, whatever form they have: it decides how files are cut, so it must be the same for the same
   * rows in every form. Booleans 1, 32-bit integers 4, wider numbers and times 8, decimals 16, text its UTF-8 and 4, lists
   * and structs their JSON text (every member, no spaces) and 4, nulls nothing.
   */
  readonly bytes: number;
  /** Bytes of each part of the rows; absent when there is one part of lines. */
  readonly parts?: readonly number[];
  /** Rows of each part; absent for `ndjson`. */
  readonly partRows?: readonly number[];
  /** Bytes of the rows of each of `ledgers`: where a ledger lies in a sorted stage. Absent when there is one part. */
  readonly ledgerBytes?: readonly number[];
  /** Some float64 value is a negative zero: files then must have no dictionaries, in which it would equal zero. */
  readonly negativeZeros?: true;
  /** sha256 over the accepted source messages in (ledger, ordinal) order: the identity of the content. */
  readonly contentHash: string;
  /** Per top-level column: counted by the pull, compared by verify. */
  readonly columns: Readonly<Record<string, ColumnTally>>;
}

/**
 * What the pull counted for one top-level column. `nulls` counts rows where the column is null. Bounds only for
 * int32, int64, uint32, uint64 (decimal text) and timestamp (Unix microseconds as decimal text).
 */
export interface ColumnTally {
  readonly nulls: number;
  readonly min?: string;
  readonly max?: string;
}

/** A message that can't be stored, kept with the reason. */
export interface Reject {
  /** Stable reason, e.g. NO_LEDGER, NO_CLOSE_TIME, TYPE_MISMATCH, NOT_JSON, INT_OUT_OF_RANGE. */
  readonly code: string;
  /** One sentence. */
  readonly reason: string;
  readonly dataset?: string;
  readonly ledger?: number;
  readonly column?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** `{file}:{line}` for NDJSON (line 1-based), the object key for lakes. */
  readonly position: string;
  /** The raw text of the message; `raw_base64` when it is not UTF-8. */
  readonly raw?: string;
  readonly raw_base64?: string;
}
