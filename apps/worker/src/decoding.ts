import { Semaphore } from '@parquetry/core';
import type { WorkerDeps } from './deps';

/** All values are decoded in this thread: two files at once would take the same time and twice the memory. */
const decoding = new Semaphore(1);

/**
 * Runs a check that reads every value of a file, within the memory of the worker: one at a time, and not while DuckDB
 * writes if the memory does not allow both.
 */
export function decodeAlone<T>(
  { verifyAlone, writer }: Pick<WorkerDeps, 'verifyAlone' | 'writer'>,
  signal: AbortSignal,
  check: () => Promise<T>,
): Promise<T> {
  return verifyAlone ? writer.exclusively(signal, check) : decoding.run(signal, check);
}
