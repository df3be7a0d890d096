import { isParquetryError, ParquetryError, systemErrorCode } from '@parquetry/core';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/**
 * Turns what an activity throws into a Temporal failure whose type is the error's code, so that retry policies,
 * workflows, the UI and the CLI all read the same word. Final errors are marked non-retryable here, in one place.
 */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      throw await toFailure(error);
    }
  }
}

async function toFailure(error: unknown): Promise<unknown> {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const context = Context.current();
  // An interrupted query or read fails in many ways; what matters is that the step was told to stop.
  if (context.cancellationSignal.aborted) return context.cancelled.catch((reason: unknown) => reason);
  const known = isParquetryError(error) ? error : diskFull(error);
  if (known !== undefined)
    return ApplicationFailure.create({
      type: known.code,
      message: known.message,
      nonRetryable: !known.retryable,
      details: [{ ...known.details, ...(known.hint === undefined ? {} : { hint: known.hint }) }],
      cause: known,
    });
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({
    type: 'INTERNAL',
    message,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

/** What a step writes by itself, and not through a store, is its stage. */
function diskFull(cause: unknown): ParquetryError | undefined {
  const code = systemErrorCode(cause);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  return new ParquetryError('STAGE_FULL', `The disk of the worker's stages is full (${code}).`, {
    cause,
    hint: 'Free space there, or set PARQUETRY_HOME to a larger disk; smaller partitions need less.',
  });
}
