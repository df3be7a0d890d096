import type { Codec, ColumnTally, FileIdentity, LedgerRange } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { HashedLedger } from './rowhashes';

/** Expected properties of a file, from the pull's counts and the writer's report. */
export interface FileExpectation {
  readonly dataset: string;
  readonly schema: RegisteredSchema;
  /** Ledgers the file covers, inclusive. */
  readonly range: LedgerRange;
  /** Bytes. */
  readonly size: number;
  /** Hex, over the whole file. */
  readonly sha256: string;
  readonly rows: number;
  /** Ledgers with rows, ascending, as the pull counted them. */
  readonly ledgers: readonly LedgerRows[];
  /** Network passphrase, if the file must contain it. */
  readonly network?: string;
  /** If given, every column chunk must have it. */
  readonly codec?: Codec;
  /** Row hashes by ledger, hex; compared at level full if given. */
  readonly rowHashes?: ReadonlyMap<number, string>;
  /** Nulls and bounds of top-level columns; other columns are not compared. */
  readonly columns?: Readonly<Record<string, ColumnTally>>;
}

/** Row count of one ledger; compatible with core's LedgerTally. */
export interface LedgerRows {
  readonly ledger: number;
  readonly rows: number;
  /** Greatest close time of its rows, Unix microseconds; compared with the footer when every ledger has one. */
  readonly lastCloseTimeMicros?: number;
}

/** Depth of the check: the ledger column, or every value of every column. */
export type VerifyLevel = 'ledger' | 'full';

/** Result for a file that matches the expectation. */
export interface FileReport {
  readonly file: string;
  readonly level: VerifyLevel;
  readonly rows: number;
  readonly size: number;
  readonly sha256: string;
  readonly rowGroups: number;
  /** First and last ledger that have rows. */
  readonly ledgers: LedgerRange;
  /** Nulls and bounds: of scalar columns from the footer; at level full of all columns, from the values. */
  readonly columns: Readonly<Record<string, ColumnTally>>;
  /** Values decoded, nulls included: rows times columns at level full. */
  readonly values: number;
  /** The row hashes of its ledgers, if they were computed. */
  readonly rowHashes?: readonly HashedLedger[];
  /** For a local file: its identity before any byte was read. */
  readonly mark?: FileIdentity;
}
