import { Context } from '@temporalio/activity';

const EVERY_MS = 5_000;

/**
 * Runs a long step with heartbeats from a timer: they carry the last reported progress, keep the step alive while
 * DuckDB works on its own threads, and let a cancellation arrive.
 */
export async function withHeartbeat<T>(
  work: (signal: AbortSignal, report: (progress: object) => void) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  let progress: object = {};
  const timer = setInterval(() => context.heartbeat(progress), EVERY_MS);
  context.heartbeat(progress);
  try {
    return await work(context.cancellationSignal, (next) => (progress = next));
  } finally {
    clearInterval(timer);
  }
}
