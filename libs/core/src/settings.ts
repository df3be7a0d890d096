import type { Layout } from './layout';

/** Parquet compression codecs this version writes. */
export const CODECS = ['none', 'snappy', 'gzip', 'zstd'] as const;

/** A Parquet compression codec by its configured name. */
export type Codec = (typeof CODECS)[number];

/** Settings that decide which bytes a partition's files get. Part of a segment's record. */
export interface WriteSettings {
  readonly compression: Codec;
  /** Only for zstd: 1–22. */
  readonly compressionLevel?: number;
  readonly layout: Layout;
  /** Close a file at the first ledger boundary at or after this many rows (`buffer_size`). */
  readonly maxRowsPerFile?: number;
  /** Close a file at about this many bytes, at a ledger boundary. */
  readonly maxFileBytes?: number;
}

/** What a run writes when nothing is said. */
export const DEFAULT_WRITE_SETTINGS: WriteSettings = {
  compression: 'snappy',
  layout: { kind: 'ledger_day' },
};
