import type { Archive, ParquetryError, Run, RunOptions, SessionOptions } from './types';

export type * from './types';

/**
 * Opens an archive for reading: a folder, `s3://bucket/prefix` or `gs://bucket/prefix`.
 * @throws ParquetryError ARCHIVE_INVALID if there is none
 */
export async function openArchive(location: string): Promise<Archive> {
  const { readableArchive } = require('./archive') as typeof import('./archive');
  return readableArchive(location);
}

/**
 * Starts a backfill, or joins it if it is running. Connects to Temporal as the command does: to the cluster that the
 * environment configures, which needs a running `parquetry worker`; otherwise to the embedded server of `.parquetry/`,
 * with a worker in this process.
 * @throws ParquetryError
 */
export async function startRun(options: RunOptions, session: SessionOptions = {}): Promise<Run> {
  const { startedRun } = require('./run') as typeof import('./run');
  return startedRun(options, session);
}

/** Connects to a run that was started before. @throws ParquetryError USAGE if there is none */
export async function openRun(id: string, session: SessionOptions = {}): Promise<Run> {
  const { openedRun } = require('./run') as typeof import('./run');
  return openedRun(id, session);
}

/** Whether an error is one of Parquetry, with a code and a hint. */
export function isParquetryError(error: unknown): error is ParquetryError {
  return error instanceof Error && error.name === 'ParquetryError' && 'code' in error;
}
