import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError } from '@parquetry/core';
import { type Fault, NoAnswer } from './fault';

const MAX_PAUSE_MS = 20_000;
/** Longest Retry-After that a request waits for; beyond it the workflow's retry takes over. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Retry policy of a request. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly backoffMs: number;
}

/** Whether a signal has fired; a function, because the compiler would narrow the property. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The error of an aborted operation. */
export function cancelled(what: string): ParquetryError {
  return new ParquetryError('CANCELLED', `${what} was cancelled.`);
}

/**
 * The pause before attempt `attempt` (from 1): at least the server's Retry-After, else half fixed and half random, so
 * that clients that failed together do not retry together. Undefined when Retry-After is too long.
 */
export function pause(
  policy: RetryPolicy,
  attempt: number,
  retryAfterMs: number | undefined,
): number | undefined {
  const full = Math.min(MAX_PAUSE_MS, policy.backoffMs * 2 ** (attempt - 1));
  const jittered = full / 2 + (Math.random() * full) / 2;
  if (retryAfterMs === undefined) return jittered;
  return retryAfterMs > MAX_RETRY_AFTER_MS ? undefined : retryAfterMs + jittered / 2;
}

/** Waits before the next attempt; throws the fault's error when there is none. @throws ParquetryError CANCELLED */
export async function beforeNext(
  policy: RetryPolicy,
  attempt: number,
  fault: Fault,
  signal?: AbortSignal,
): Promise<void> {
  const wait = pause(policy, attempt, fault.retryAfterMs);
  if (!fault.again || attempt >= policy.attempts || wait === undefined) throw fault.error;
  try {
    await sleep(wait, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw cancelled('The operation');
  }
}

/** Runs `request` until it succeeds, fails with a final error, or all attempts are used. */
export async function retrying<T>(
  policy: RetryPolicy,
  request: () => Promise<T>,
  faultOf: (error: unknown) => Fault,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    if (isAborted(signal)) throw cancelled('The operation');
    try {
      return await request();
    } catch (error) {
      if (isAborted(signal)) throw cancelled('The operation');
      await beforeNext(policy, attempt, faultOf(error), signal);
    }
  }
}

/**
 * Runs one request with a time limit. Its signal fires at the limit or with `outer`; a client that can't be stopped is
 * abandoned, and the outcome counts as unknown.
 */
export async function limited<T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  let stopped: (reason: Error) => void = () => undefined;
  const never = new Promise<never>((_, reject) => (stopped = reject));
  const end = (reason: Error): void => {
    stopped(reason);
    stop.abort();
  };
  const timer = setTimeout(() => end(new NoAnswer(milliseconds)), milliseconds);
  const onAbort = (): void => end(cancelled('The operation'));
  outer?.addEventListener('abort', onAbort, { once: true });
  if (isAborted(outer)) onAbort();
  try {
    return await Promise.race([request(stop.signal), never]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', onAbort);
  }
}
