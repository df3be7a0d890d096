import type { RecordBatch } from 'apache-arrow';

/** Ledgers from `start` to `end`, both included. */
export interface LedgerRange {
  readonly start: number;
  readonly end: number;
}

/** A file in the commit log of a dataset. */
export interface CommittedFile {
  /** A local path, or a URI on s3:// or gs://. */
  readonly location: string;
  /** Bytes. */
  readonly size: number;
  /** Absent for files that another program committed, like the following fields. */
  readonly rows?: number;
  /** Lower case hex. */
  readonly sha256?: string;
  readonly ledgers?: LedgerRange;
}

/**
 * A value of a row. 64-bit integers are bigints. Decimals are exact text, such as `12.50`. A time is a bigint:
 * microseconds since 1970 in UTC. JSON is text.
 */
export type Value =
  null | boolean | number | bigint | string | readonly Value[] | { readonly [member: string]: Value };

/** A row: its values by column. */
export type Row = Readonly<Record<string, Value>>;

/** What to read of a dataset. */
export interface ReadOptions {
  /** Only rows of these ledgers; other files are not read. */
  readonly ledgers?: LedgerRange;
  /** Only these columns, in this order; by default all. */
  readonly columns?: readonly string[];
}

/** An archive, opened for reading. Every call reads the commit log again. */
export interface Archive {
  /** The network of its ledgers. */
  readonly network: string;
  /** Names of the datasets that have a commit, in order. */
  datasets(): Promise<string[]>;
  /** The committed files of a dataset in ledger order; with a range those that may contain its ledgers. */
  files(dataset: string, ledgers?: LedgerRange): Promise<CommittedFile[]>;
  /** The committed ledgers of a dataset, merged, in order. A ledger without rows counts as committed. */
  coverage(dataset: string): Promise<LedgerRange[]>;
  /** Ledgers of a range that are not committed; without a range, the gaps between the first and the last ledger. */
  gaps(dataset: string, ledgers?: LedgerRange): Promise<LedgerRange[]>;
  /** The rows of a dataset as Arrow record batches, in ledger order. */
  batches(dataset: string, options?: ReadOptions): AsyncGenerator<RecordBatch, void>;
  /** The rows of a dataset, in ledger order. */
  rows(dataset: string, options?: ReadOptions): AsyncGenerator<Row, void>;
}

/**
 * A backfill. The settings are those of `parquetry backfill` (docs/configuration.md), with the same defaults and
 * checks. Environment variables and configuration files are not read, except for the connection to Temporal.
 */
export interface RunOptions {
  readonly source: string;
  readonly archive: string;
  /** Text has the forms of `--ledgers`, such as `latest-1000:latest` or `@2025-07-13`; it must be one range. */
  readonly ledgers: string | LedgerRange;
  readonly types?: readonly string[];
  readonly network?: string;
  readonly prefix?: string;
  readonly partitionSize?: number;
  readonly concurrency?: number;
  readonly layout?: 'ledger_day' | 'ledger_range' | 'hour';
  readonly ledgersPerFolder?: number;
  readonly compression?: string;
  readonly compressionLevel?: number;
  readonly bufferSize?: number;
  readonly maxFileSizeMb?: number;
  readonly sortBy?: readonly string[];
  readonly portableIntegers?: boolean;
  readonly rowHashes?: boolean;
  readonly iceberg?: boolean;
  readonly nested?: 'struct' | 'flatten' | 'json';
  readonly includeMetadata?: boolean;
  readonly contractColumns?: 'evolve' | 'freeze' | 'reject_row';
  readonly contractTypes?: 'evolve' | 'freeze' | 'reject_row';
  readonly compatibility?: string;
  readonly messageType?: string;
  readonly defaultType?: string;
  /** `type=path` */
  readonly closeTime?: readonly string[];
  /** `type=path` */
  readonly ledgerPath?: readonly string[];
  readonly maxRejects?: number;
  readonly verify?: 'ledger' | 'full';
  readonly mode?: 'fill' | 'replace';
  readonly schema?: 'committed' | 'latest';
  readonly keepReplaced?: boolean;
  readonly maxParked?: number;
  readonly onFailure?: 'park' | 'fail';
}

/** How this process takes part in a run. */
export interface SessionOptions {
  /** Receives lines about what takes long, such as the download of a Temporal server. */
  readonly onNote?: (line: string) => void;
}

/** The state of a run, in partitions unless a unit is named. */
export interface RunProgress {
  /** `blocked`: only parked partitions are left, and the run waits for a person. */
  readonly phase: 'planning' | 'running' | 'paused' | 'blocked' | 'finished';
  readonly total: number;
  readonly done: number;
  /** Committed before the run reached them. */
  readonly skipped: number;
  readonly running: number;
  readonly parked: number;
  readonly failed: number;
  readonly ledgers: number;
  readonly rows: number;
}

/** What a finished run wrote. */
export interface RunResult {
  readonly ledgers: LedgerRange;
  readonly partitions: number;
  readonly rows: number;
  readonly files: number;
  /** Bytes of the files. */
  readonly bytes: number;
  readonly rejected: number;
}

/** A run that was started or is followed. */
export interface Run {
  /** Id of its workflow. The same options give the same id. */
  readonly id: string;
  /** Its page in the Temporal UI, if the address of the UI is known. */
  readonly url?: string;
  /** @throws ParquetryError if the run does not answer */
  progress(): Promise<RunProgress>;
  /**
   * Waits until the run ends.
   * @throws ParquetryError of the run's failure; PARTITIONS_PARKED when only parked partitions are left
   */
  finished(onProgress?: (progress: RunProgress) => void): Promise<RunResult>;
  /** Ends the connection. A worker that runs in this process stops, and the run waits for another one. */
  close(): Promise<void>;
}

/** Every error of Parquetry (docs/errors.md). */
export interface ParquetryError extends Error {
  readonly name: 'ParquetryError';
  readonly code: string;
  /** Facts for machines. */
  readonly details: Readonly<Record<string, unknown>>;
  /** What to do next. */
  readonly hint: string | undefined;
}
