import { type ErrorDetails, ParquetryError, isParquetryError } from '@parquetry/core';

const OUT_OF_MEMORY = /out of memory|could not allocate|failed to (allocate|pin)/i;
const DISK_FULL = /no space left on device|max_temp_directory_size|disk quota exceeded/i;

/**
 * Converts an error of DuckDB to a `ParquetryError`: STAGE_FULL for a full disk, else WRITE_FAILED with the first line
 * of DuckDB's message. `doing` completes the sentence "DuckDB could not …".
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
  return new ParquetryError('WRITE_FAILED', `DuckDB could not ${doing}: ${reason}`, {
    details: all,
    ...(OUT_OF_MEMORY.test(text)
      ? { hint: 'Give the worker more memory, fewer threads, a lower concurrency or smaller partitions.' }
      : {}),
    cause: error,
  });
}

/** Whether DuckDB's memory limit caused a failure of `writeFailure`. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    isParquetryError(error) &&
    error.code === 'WRITE_FAILED' &&
    OUT_OF_MEMORY.test(String(error.details['reason']))
  );
}

/** The first line of an error text, truncated to a length suitable for logs and histories. */
export function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}
