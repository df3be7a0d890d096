import { type ErrorDetails, ParquetryError, isParquetryError } from '@parquetry/core';

const DISK_FULL = /no space left on device|max_temp_directory_size|disk quota exceeded/i;

/**
 * An error of DuckDB as one of ours: disk full (STAGE_FULL), or WRITE_FAILED with DuckDB's own first line.
 * `doing` completes the sentence "DuckDB could not …".
 */
export function writeFailure(error: unknown, doing: string, details: ErrorDetails = {}): ParquetryError {
  if (isParquetryError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  const reason = firstLine(text);
  const all = { ...details, reason };
  if (DISK_FULL.test(text))
    return new ParquetryError('STAGE_FULL', `The disk is full: DuckDB could not ${doing}.`, {
      details: all,
      hint: 'Free space for the stage and for temporary files, or lower the concurrency.',
      cause: error,
    });
  const memory = /out of memory|could not allocate|failed to (allocate|pin)/i.test(text);
  return new ParquetryError('WRITE_FAILED', `DuckDB could not ${doing}: ${reason}`, {
    details: all,
    ...(memory
      ? { hint: 'Give the worker more memory, fewer threads, a lower concurrency or smaller partitions.' }
      : {}),
    cause: error,
  });
}

/** The first line of an error text, cut to a length that logs and histories can take. */
export function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}
