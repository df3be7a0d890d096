/**
 * Rows in the probe, the first rows of a partition in order: an eighth of them, 8192 to 40960. Fewer than that see no
 * dictionaries where whole row groups have them: 8192 rows overestimated contract data by 40 %.
 */
export function probeRows(rows: number): number {
  return Math.min(Math.max(Math.ceil(rows / 8), 8192), 40_960);
}

/** Stages of at most this many bytes are one row group a file, so they need no probe unless they reach a byte limit. */
const SMALL_BYTES = 32 * 1024 * 1024;

/** Whether staged rows of so many bytes are read where they lie instead of loaded. */
export function isLarge(stagedBytes: number): boolean {
  return stagedBytes > SMALL_BYTES;
}

/**
 * Whether the rows must be measured before they are cut: not when all staged text together is too small to fill a row
 * group or a file. What is stored is never larger than its JSON text with the column names.
 */
export function needsProbe(stagedBytes: number, maxFileBytes: number | undefined): boolean {
  return isLarge(stagedBytes) || stagedBytes >= (maxFileBytes ?? Number.POSITIVE_INFINITY);
}

/** A file closes at about this size when no trigger is set, so that archives don't fill with small files. */
export const DEFAULT_FILE_BYTES = 128 * 1024 * 1024;

/** What a row group is to hold before compression: what a reader or the writer keeps in memory at once. */
const ROW_GROUP_BYTES = 64 * 1024 * 1024;

/** DuckDB rounds row groups up to whole vectors of this many rows. */
const VECTOR_ROWS = 2048;

/** DuckDB's own default, also the most that is asked. */
export const MAX_GROUP_ROWS = 122_880;

/** Rows of a row group for rows of so many uncompressed bytes: whole vectors, 2048 to 122880. */
export function rowGroupRows(bytesPerRow: number): number {
  const vectors = Math.floor(ROW_GROUP_BYTES / Math.max(bytesPerRow, 1) / VECTOR_ROWS);
  return Math.min(Math.max(vectors, 1) * VECTOR_ROWS, MAX_GROUP_ROWS);
}
