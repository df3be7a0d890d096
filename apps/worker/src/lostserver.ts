import { ParquetryError } from '@parquetry/core';

/** What the SDK says when a worker starts to run while the server is away: it describes the namespace first. */
const AWAY = /could not be described: Status \{ code: (Unavailable|DeadlineExceeded|Cancelled)/;

/** The error of a worker whose server went away while it started; any other error as it is. */
export function lostServer(error: unknown): unknown {
  if (!(error instanceof Error) || !AWAY.test(error.message)) return error;
  return new ParquetryError('TEMPORAL_UNREACHABLE', 'Temporal stopped answering while the worker started.', {
    hint: 'Start the worker again when the server answers.',
    cause: error,
  });
}
