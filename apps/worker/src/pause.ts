import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits, and ends early when `stop` aborts. Leaves nothing in a signal that outlives the wait, unlike `AbortSignal.any`
 * in Node.js 20.
 * @param ms milliseconds
 * @throws AbortError when `signal` aborts
 */
export async function pause(ms: number, signal: AbortSignal, stop: AbortSignal): Promise<void> {
  const early = new AbortController();
  const end = (): void => early.abort();
  for (const each of [signal, stop]) each.addEventListener('abort', end);
  if (signal.aborted || stop.aborted) end();
  try {
    await sleep(ms, undefined, { signal: early.signal });
  } catch (error) {
    if (signal.aborted) throw error;
  } finally {
    for (const each of [signal, stop]) each.removeEventListener('abort', end);
  }
}
