import { isParquetryError, ParquetryError, systemErrorCode } from '@parquetry/core';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/**
 * Converts an activity's error to a Temporal failure with the error's code as its type, so that retry policies,
 * workflows, the UI and the CLI use the same code. Final errors are marked non-retryable only here.
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
  // An interrupted query or read fails in many ways; the cancellation of the step is what counts.
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

/** A step writes only its stage directly; everything else goes through a store. */
function diskFull(cause: unknown): ParquetryError | undefined {
  const code = systemErrorCode(cause);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  return new ParquetryError('STAGE_FULL', `The disk of the worker's stages is full (${code}).`, {
    cause,
    hint: 'Free space there, or set PARQUETRY_HOME to a larger disk; smaller partitions need less.',
  });
}
