import type { LedgerTally } from './cuts';
import type { LedgerRange } from './range';
import type { RejectCode } from './rejectcodes';

/**
 * The stage: the output of a pull on the worker's disk. One folder per pull:
 *
 *   {stage}/manifest.json                    StageManifest
 *   {stage}/rowhashes                        row hashes of the datasets (absent if there are none)
 *   {stage}/{dataset}.rows.parquet           accepted rows
 *   {stage}/{dataset}.rows.{n}.parquet       further parts 1, 2, … of large datasets (see parts.ts)
 *   {stage}/{dataset}.rejects.ndjson         RejectLine, one per line (absent if there are no rejects)
 *
 * The stage stores every value exactly (invariant 5). Each part is a Parquet file with one row group and uncompressed
 * pages of plain values or dictionary codes. Its columns are named c0, c1, … and are all optional. bool is BOOLEAN;
 * int32 and uint32 INT32, int64 and uint64 INT64, each with its sign; float64 DOUBLE; timestamp INT64 of microseconds
 * in UTC; utf8 and json their UTF-8 text; decimal128 its digits as text; list and struct JSON text, a struct with every
 * member of its type. The writer casts the text of decimals, lists and structs to the column's type. In a `typed` part,
 * decimals are DECIMALs of 16 bytes and structs are nested columns, which need no parsing.
 */
export interface StageManifest {
  readonly stageId: string;
  readonly range: LedgerRange;
  readonly datasets: readonly StagedDataset[];
  /** Bytes the pull read from the source. */
  readonly bytesRead: number;
  readonly proof: CoverageProof;
  /** Absent unless the pull had all tables with native balances. */
  readonly conservation?: Conservation;
}

/**
 * For how many ledgers the changes of native balances and of the fee pool add up to the change of the total of coins.
 * A ledger that fails is kept: its source may be incomplete, but nothing was lost from it.
 */
export interface Conservation {
  /** The contract of the network's native asset, C…. */
  readonly contract: string;
  readonly proved: number;
  readonly failed: number;
  /** Ledgers whose predecessor, or whose balances before, were not there. */
  readonly unchecked: number;
  /** The first ledger that fails, and the lumens that appear in it (or disappear, if negative), in stroops. */
  readonly first?: { readonly ledger: number; readonly stroops: string };
}

/** How the range is known to be complete: by the ledger hash chain, or only declared by the range that was given. */
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
   * Bytes of the rows' values. They decide how files are cut, so they must be the same for the same rows from any
   * source. Booleans 1, 32-bit integers 4, wider numbers and times 8, decimals 16, text its UTF-8 and 4, lists and
   * structs their JSON text (every member, no spaces) and 4, nulls nothing.
   */
  readonly bytes: number;
  /** Bytes of each part's file; empty if the rows were never staged (merged files). */
  readonly parts: readonly number[];
  /** Rows of each part. */
  readonly partRows: readonly number[];
  /** Decimals and structs have Parquet's own types in the parts; otherwise they are text. Lists are text in both cases. */
  readonly typed?: true;
  /** A float64 value is a negative zero: its files must have no dictionaries, where it would become zero. */
  readonly negativeZeros?: true;
  /** sha256 over the accepted source messages in (ledger, ordinal) order: the identity of the content. */
  readonly contentHash: string;
  /** The hashes of the rows of `ledgers`, in their order, 32 bytes each; base64. See docs/row-hashes.md. */
  readonly rowHashes?: string;
  /** In a manifest, instead of `rowHashes`: where they begin in the file of row hashes. */
  readonly rowHashesAt?: number;
  /** Per top-level column: counted by the pull, checked by verify. */
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

/** The hashes of `StagedDataset.rowHashes` by ledger, hex. */
export function ledgerRowHashes(
  ledgers: readonly { readonly ledger: number }[],
  rowHashes: string,
): Map<number, string> {
  const hashes = Buffer.from(rowHashes, 'base64').toString('hex');
  return new Map(ledgers.map(({ ledger }, index) => [ledger, hashes.slice(index * 64, (index + 1) * 64)]));
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
  /** `{file}:{line}` for NDJSON (line 1-based); the object or the node's address for ledgers. */
  readonly position: string;
  /**
   * Position of a line that is too long to be kept: its offset in the file (in the decompressed content of a compressed
   * file), its bytes up to the line feed, and their sha256. `raw` has its beginning. Also of a ledger's XDR, whose
   * `raw_base64` is complete for one message type of a pull and has its beginning for the others.
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
