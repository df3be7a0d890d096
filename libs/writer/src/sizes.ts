/**
 * Rows in the probe, the first rows of a partition in order: an eighth of them, 8192 to 40960. Fewer rows may have no
 * dictionaries where whole row groups have them: 8192 rows overestimated contract data by 40 %.
 */
export function probeRows(rows: number): number {
  return Math.min(Math.max(Math.ceil(rows / 8), 8192), 40_960);
}

/** Rows of at most this many bytes are one row group per file, so they need no probe unless they reach a byte limit. */
const SMALL_BYTES = 32 * 1024 * 1024;

/** Whether rows of this size must be measured before they are merged: not if they can't fill a row group or a file. */
export function needsProbe(bytes: number, maxFileBytes: number): boolean {
  return bytes > SMALL_BYTES || bytes >= maxFileBytes;
}

/** Default file size if no trigger is set, to avoid many small files. */
export const DEFAULT_FILE_BYTES = 128 * 1024 * 1024;

/** Target size of a row group before compression: a reader or the writer keeps it in memory at once. */
const ROW_GROUP_BYTES = 64 * 1024 * 1024;

/** DuckDB rounds row groups up to whole vectors of this many rows. */
const VECTOR_ROWS = 2048;

/** DuckDB's default, and the maximum that we request. */
export const MAX_GROUP_ROWS = 122_880;

/** Rows per row group for rows with this number of uncompressed bytes: whole vectors, 2048 to 122880. */
export function rowGroupRows(bytesPerRow: number): number {
  const vectors = Math.floor(ROW_GROUP_BYTES / Math.max(bytesPerRow, 1) / VECTOR_ROWS);
  return Math.min(Math.max(vectors, 1) * VECTOR_ROWS, MAX_GROUP_ROWS);
}

/**
 * Rows per row group of a file with `rows` rows, in whole vectors: the same number of groups as with `most` rows in
 * each, but of equal size. A full group followed by a small one would need more memory in the writer and in readers.
 */
export function evenGroupRows(rows: number, most: number): number {
  const groups = Math.max(Math.ceil(rows / most), 1);
  return Math.max(Math.ceil(rows / groups / VECTOR_ROWS), 1) * VECTOR_ROWS;
}
