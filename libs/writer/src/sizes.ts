/**
 * Rows in the probe, the first rows of a partition in order: an eighth of them, 8192 to 40960. Fewer than that see no
 * dictionaries where whole row groups have them: 8192 rows overestimated contract data by 40 %.
 */
export function probeRows(rows: number): number {
  return Math.min(Math.max(Math.ceil(rows / 8), 8192), 40_960);
}

/** Rows of at most this many bytes are one row group a file, so they need no probe unless they reach a byte limit. */
const SMALL_BYTES = 32 * 1024 * 1024;

/** Whether rows of so many bytes must be measured before they are merged: not when they can't fill a row group or a file. */
export function needsProbe(bytes: number, maxFileBytes: number): boolean {
  return bytes > SMALL_BYTES || bytes >= maxFileBytes;
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

/**
 * Rows of a row group of a file with `rows` rows, whole vectors: as many groups as with `most` in each, but all alike. A
 * full group with a small one after it would take twice the writer's and a reader's memory.
 */
export function evenGroupRows(rows: number, most: number): number {
  const groups = Math.max(Math.ceil(rows / most), 1);
  return Math.max(Math.ceil(rows / groups / VECTOR_ROWS), 1) * VECTOR_ROWS;
}
