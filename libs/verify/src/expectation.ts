import type { Codec, ColumnTally, FileIdentity, LedgerRange } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';

/** What a file must be, from the pull's counts and the writer's report. */
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
  /** Network passphrase, when the file is to name it. */
  readonly network?: string;
  /** When given, every column chunk must have it. */
  readonly codec?: Codec;
  /** Nulls and bounds of top-level columns; columns that are not named are not compared. */
  readonly columns?: Readonly<Record<string, ColumnTally>>;
}

/** Rows of one ledger; core's LedgerTally fits. */
export interface LedgerRows {
  readonly ledger: number;
  readonly rows: number;
  /** Greatest close time of its rows, Unix microseconds; compared with the footer when every ledger has one. */
  readonly lastCloseTimeMicros?: number;
}

/** How much is read: the ledger column, or every value of every column. */
export type VerifyLevel = 'ledger' | 'full';

/** What was found in a file that is as expected. */
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
  /** Of a local file, before any of its bytes was read. */
  readonly mark?: FileIdentity;
}
