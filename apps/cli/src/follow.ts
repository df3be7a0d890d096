import { setMaxListeners } from 'node:events';
import { ParquetryError, isErrorCode } from '@parquetry/core';
import {
  type BackfillProgress,
  type BackfillResult,
  type StepFault,
  partitionWorkflowId,
  progress as progressQuery,
} from '@parquetry/workflows';
import { GRPC, grpcCode, sdk } from '@parquetry/temporal';
import type { Client } from '@temporalio/client';

/** A short run ends before the first query, which its worker would have to answer meanwhile. */
const FIRST_POLL_MS = 1_000;
const POLL_MS = 400;
/** Timeout of a query: without it, one that is never answered would hang the command. */
const ANSWER_MS = 10_000;

/** Why this command stopped following a run. */
export type FollowEnd =
  | { readonly kind: 'done'; readonly result: BackfillResult }
  /** It waits for a person: only parked partitions are left, or a step of the run failed. The run stays Running. */
  | { readonly kind: 'blocked'; readonly progress: BackfillProgress }
  /** The caller's signal fired; the workflow continues or waits for a worker. */
  | { readonly kind: 'detached' };

/**
 * Follows a run until it ends, until it waits for a person, or until `signal` fires.
 * @throws ParquetryError the failure of the run, with its code
 */
export async function followRun(
  client: Client,
  run: string,
  signal: AbortSignal,
  onProgress: (progress: BackfillProgress) => void | Promise<void>,
): Promise<FollowEnd> {
  const handle = client.workflow.getHandle(run);
  // The call for the result is a long poll. It must end with this function, before the connection is closed.
  const waiting = new AbortController();
  // The client adds a listener for each of its long polls.
  setMaxListeners(0, waiting.signal);
  const ended = client
    .withAbortSignal(waiting.signal, () => handle.result())
    .then(
      (result): FollowEnd => ({ kind: 'done', result: result as BackfillResult }),
      (error: unknown) => {
        throw runFailure(error, run);
      },
    );
  ended.catch(() => undefined);
  try {
    const ask = (): Promise<BackfillProgress> =>
      client.withDeadline(Date.now() + ANSWER_MS, () => handle.query(progressQuery));
    // Its timer ends with the run, too: a pending one would keep the process alive.
    return await watch(ask, ended, AbortSignal.any([signal, waiting.signal]), onProgress);
  } finally {
    waiting.abort();
    await ended.catch(() => undefined);
  }
}

async function watch(
  ask: () => Promise<BackfillProgress>,
  ended: Promise<FollowEnd>,
  signal: AbortSignal,
  onProgress: (progress: BackfillProgress) => void | Promise<void>,
): Promise<FollowEnd> {
  for (let pause = FIRST_POLL_MS; ; pause = POLL_MS) {
    const next = await Promise.race([ended, wait(pause, signal)]);
    if (next !== undefined) return next;
    if (signal.aborted) return { kind: 'detached' };
    // The first query may precede the first workflow task, so it is retried. It is always awaited: the
    // caller closes the connection next, and the client would retry a pending call on it.
    const progress = await ask().catch(() => undefined);
    if (progress === undefined) continue;
    await onProgress(progress);
    if (progress.phase === 'blocked') return { kind: 'blocked', progress };
  }
}

/**
 * The error of a run with parked partitions.
 * @param where a line with the address of their list, if known
 */
export function parkedError(
  run: string,
  progress: BackfillProgress,
  where: string | undefined,
): ParquetryError {
  const fault = progress.faults?.find(({ final }) => final);
  if (fault !== undefined) return faultError(run, fault);
  const reasons = progress.troubled
    .slice(0, 10)
    .map(({ key, reason }) => `${partitionWorkflowId(run, key)}: ${reason}`);
  const waiting = progress.total - progress.done - progress.skipped - progress.abandoned - progress.parked;
  return new ParquetryError(
    'PARTITIONS_PARKED',
    `${progress.parked} of ${progress.total} partitions are parked${waiting > 0 ? ` and ${waiting} are waiting` : ''}; the others are committed.`,
    {
      details: { run, parked: progress.parked, total: progress.total },
      hint: [
        ...reasons,
        'Fix the cause, then run the same command again, or:',
        `  parquetry retry ${run}`,
        ...(where === undefined ? [] : [where]),
      ].join('\n'),
    },
  );
}

/** The error of a run that waits because one of its steps failed, not a partition. */
function faultError(run: string, { step, code, message, hint }: StepFault): ParquetryError {
  return new ParquetryError(isErrorCode(code) ? code : 'INTERNAL', `${step}: ${message}`, {
    details: { run },
    hint: [
      ...(hint === undefined ? [] : [hint]),
      'The run waits. Fix the cause, then run the same command again, or:',
      `  parquetry retry ${run}`,
    ].join('\n'),
  });
}

/** Converts the failure of a run to an error. Its code is the type of the innermost failure. */
export function runFailure(error: unknown, run: string): ParquetryError {
  let cause: unknown = error instanceof sdk.WorkflowFailedError ? error.cause : error;
  let step = 'A step';
  if (cause instanceof sdk.ActivityFailure && cause.cause !== undefined) {
    step = cause.activityType;
    cause = cause.cause;
  }
  if (cause instanceof sdk.ApplicationFailure) {
    const details = cause.details?.[0] as { hint?: string } | undefined;
    const code = isErrorCode(cause.type) ? cause.type : 'INTERNAL';
    return new ParquetryError(code, cause.message, {
      details: { run },
      ...(details?.hint === undefined ? {} : { hint: details.hint }),
      cause: error,
    });
  }
  if (cause instanceof sdk.TimeoutFailure)
    return new ParquetryError('STEP_TIMED_OUT', `${step} did not end in time: ${cause.message}.`, {
      details: { run },
      hint: 'Look at the worker: its log, its memory, its machine. Then run the same command again.',
      cause: error,
    });
  if (cause instanceof sdk.CancelledFailure)
    return new ParquetryError('CANCELLED', `The run ${run} was cancelled.`, { cause: error });
  if (cause instanceof sdk.TerminatedFailure)
    return new ParquetryError('CANCELLED', `The run ${run} was terminated.`, { cause: error });
  if (cause instanceof sdk.WorkflowNotFoundError)
    return new ParquetryError('CANCELLED', `Temporal does not know the run ${run} any more.`, {
      details: { run },
      hint: 'It was deleted, or the server lost its database. Committed partitions are kept: run the same command again.',
      cause: error,
    });
  if (grpcCode(cause) === GRPC.UNAVAILABLE)
    return new ParquetryError('TEMPORAL_UNREACHABLE', 'Temporal stopped answering.', {
      details: { run },
      hint: `The run continues without this command: \`parquetry attach ${run}\` follows it.`,
      cause: error,
    });
  return new ParquetryError('INTERNAL', cause instanceof Error ? cause.message : String(cause), {
    details: { run },
    cause: error,
  });
}

function wait(ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve(undefined);
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
