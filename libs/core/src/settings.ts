import type { Layout } from './layout';

/** Parquet compression codecs this version writes. `lz4` is Parquet's LZ4_RAW, not the deprecated framed LZ4. */
export const CODECS = ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'] as const;

/** A Parquet compression codec by its configured name. */
export type Codec = (typeof CODECS)[number];

/**
 * How 32-bit unsigned columns are stored: unsigned, or as int64 for engines without unsigned types (Athena, Trino).
 * Unsigned 64-bit columns are DECIMAL(20, 0) in both.
 */
export type IntegerStyle = 'unsigned' | 'signed';

/**
 * Settings that decide the bytes of a partition's files. A segment's record contains them, and a run compares them when
 * it decides what to skip.
 */
export interface WriteSettings {
  readonly compression: Codec;
  /** Only for zstd: 1–22. */
  readonly compressionLevel?: number;
  readonly layout: Layout;
  /** Close a file at the first ledger boundary at or after this many rows (`buffer_size`). */
  readonly maxRowsPerFile?: number;
  /** Close a file at about this many bytes, at a ledger boundary. */
  readonly maxFileBytes?: number;
  /**
   * Columns by which the rows of one ledger are ordered, ascending, nulls last, before their position in the source: the
   * order stays total. A dataset without the column is not ordered by it.
   */
  readonly sortBy?: readonly string[];
  /** Absent: the archive's style; `unsigned` in a new archive. */
  readonly integers?: IntegerStyle;
  /** False: rows are without the pipeline's own metadata (`archive_metadata`) of messages. Absent: with it. */
  readonly metadata?: false;
  /** Path of the close time in messages of the dataset's type, where one was configured (`--close-time`). */
  readonly closeTimePath?: string;
  /** Path of the ledger in them, where one was configured (`--ledger-path`). */
  readonly ledgerPath?: string;
  /** The type was assigned to messages: to all (`--message-type`), or to those without a type (`--default-type`). */
  readonly givenType?: 'all' | 'untyped';
}

const READING = ['metadata', 'closeTimePath', 'ledgerPath', 'givenType'] as const;

/** Whether two settings make the same rows from the same messages, however files store them. */
export function sameReadSettings(a: WriteSettings, b: WriteSettings): boolean {
  return READING.every((name) => a[name] === b[name]);
}

/** Default settings of a run. */
export const DEFAULT_WRITE_SETTINGS: WriteSettings = {
  compression: 'snappy',
  layout: { kind: 'ledger_day' },
};
