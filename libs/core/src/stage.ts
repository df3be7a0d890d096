import type { LedgerTally } from './cuts';
import type { LedgerRange } from './range';
import type { RejectCode } from './rejectcodes';

/**
 * The stage: what a pull leaves in a folder of the worker's disk. One folder a pull:
 *
 *   {stage}/manifest.json                    StageManifest
 *   {stage}/{dataset}.rows.parquet           accepted rows
 *   {stage}/{dataset}.rows.{n}.parquet       large datasets go on in parts 1, 2, … (see parts.ts)
 *   {stage}/{dataset}.rejects.ndjson         RejectLine, one a line (absent when there are no rejects)
 *
 * It holds every value exactly (invariant 5). Each part is a Parquet file of one row group with uncompressed pages of
 * plain values or codes of a dictionary, columns named c0, c1, … and all optional. bool is BOOLEAN; int32 and uint32 INT32, int64 and uint64 INT64,
 * each with its sign; float64 DOUBLE; timestamp INT64 of microseconds in UTC; utf8 and json their UTF-8 text; decimal128
 * its digits as text; list and struct JSON text, a struct with every member of its type. The writer casts the text of
 * decimals, lists and structs to the column's type.
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
  /** Ledgers with rows, ascending. */
  readonly ledgers: readonly LedgerTally[];
  /** Rejected messages per ledger, ascending, only ledgers that have some. */
  readonly rejectedLedgers: readonly { readonly ledger: number; readonly rejected: number }[];
  /**
   * Bytes of the rows' values, whatever source they come from: it decides how files are cut, so it must be the same for
   * the same rows. Booleans 1, 32-bit integers 4, wider numbers and times 8, decimals 16, text its UTF-8 and 4, lists
   * and structs their JSON text (every member, no spaces) and 4, nulls nothing.
   */
  readonly bytes: number;
  /** Bytes of each part's file; none where the rows never were staged (files that were merged). */
  readonly parts: readonly number[];
  /** Rows of each part. */
  readonly partRows: readonly number[];
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
  readonly code: RejectCode;
  /** One sentence. */
  readonly reason: string;
  readonly dataset?: string;
  readonly ledger?: number;
  readonly column?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** `{file}:{line}` for NDJSON (line 1-based), the object key for lakes. */
  readonly position: string;
  /**
   * Of a line that is too long to be kept, to find it again: where it begins in its file (in what is in it, of a compressed
   * one), its bytes up to the line feed, and their sha256. `raw` then is its beginning.
   */
  readonly offset?: number;
  readonly length?: number;
  readonly sha256?: string;
  /** The raw text of the message; `raw_base64` when it is not UTF-8. */
  readonly raw?: string;
  readonly raw_base64?: string;
}

/**
 * Rejects of one kind (code and column) that are counted, because as many as are kept whole came before. Its reason,
 * ledger, position and types are those of the counted message with the lowest ledger, or of the first where there are no
 * ledgers. Without a column where others of its code have one: rejects of further columns, too many to be counted apart.
 */
export interface RejectSummary extends Omit<Reject, 'offset' | 'length' | 'sha256' | 'raw' | 'raw_base64'> {
  /** Messages. */
  readonly count: number;
  /** Positions of the first and the last of them, in the order in which they were read. */
  readonly first: string;
  readonly last: string;
}

/** A line of a rejects file. */
export type RejectLine = Reject | RejectSummary;

/** Messages that a line of a rejects file accounts for. */
export function rejectCount(line: RejectLine): number {
  return 'count' in line ? line.count : 1;
}
