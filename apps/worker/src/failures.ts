import { isParquetryError } from '@parquetry/core';
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
  if (isParquetryError(error))
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable,
      details: [{ ...error.details, ...(error.hint === undefined ? {} : { hint: error.hint }) }],
      cause: error,
    });
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({
    type: 'INTERNAL',
    message,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
