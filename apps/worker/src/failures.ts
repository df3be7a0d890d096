import { types } from 'node:util';
import { isParquetryError, ParquetryError, systemErrorCode, withoutSecrets } from '@parquetry/core';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

/**
 * Converts an activity's error to a Temporal failure with the error's code as its type, so that retry policies,
 * workflows, the UI and the CLI use the same code. Final errors are marked non-retryable only here. Temporal's history
 * keeps the texts of an error and of its causes, so the secrets of this process are removed from all of them.
 */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  /** `encrypts`: the texts become payloads, which the codec encrypts. */
  constructor(private readonly encrypts = false) {}

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      const failure = await toFailure(error);
      throw this.encrypts ? withPayloads(failure) : failure;
    }
  }
}

async function toFailure(error: unknown): Promise<unknown> {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const context = Context.current();
  // An interrupted query or read fails in many ways; the cancellation of the step is what counts.
  if (context.cancellationSignal.aborted) return context.cancelled.catch((reason: unknown) => reason);
  const known = isParquetryError(error) ? error : stageFull(error);
  if (known !== undefined)
    return ApplicationFailure.create({
      type: known.code,
      message: hide(known.message),
      nonRetryable: !known.retryable,
      details: [cleanValue({ ...known.details, ...(known.hint === undefined ? {} : { hint: known.hint }) })],
      cause: cleanError(known),
    });
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({
    type: 'INTERNAL',
    message: hide(message),
    ...(error instanceof Error ? { cause: cleanError(error) } : {}),
  });
}

const ENCODING = new DefaultFailureConverter({ encodeCommonAttributes: true });

/** Converts the texts of a failure and its causes now; the SDK sends a failure that is converted as it is. */
function withPayloads(failure: unknown): unknown {
  if (failure instanceof ApplicationFailure)
    failure.failure = ENCODING.errorToFailure(failure, defaultPayloadConverter);
  return failure;
}

const hide = (text: string): string => withoutSecrets(text, process.env);

/** A copy of the facts of an error without secrets. */
function cleanValue(value: unknown): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map(cleanValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, cleanValue(part)]));
}

/** Longest chain of causes that is kept. */
const MAX_CAUSES = 10;

/** A copy of an error and of its causes without secrets; the fields of library errors may have requests in them. */
function cleanError(error: Error, depth = 0): Error {
  const { cause, name, message, stack } = error;
  const keep = types.isNativeError(cause) && depth < MAX_CAUSES;
  const copy = new Error(hide(message), keep ? { cause: cleanError(cause, depth + 1) } : {});
  copy.name = name;
  if (stack !== undefined) copy.stack = hide(stack);
  return copy;
}

/** A worker writes only its work folder directly; everything else goes through a store. Undefined for other errors. */
export function stageFull(cause: unknown): ParquetryError | undefined {
  const code = systemErrorCode(cause);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined;
  return new ParquetryError('STAGE_FULL', `The disk of the worker's stages is full (${code}).`, {
    cause,
    hint: 'Free space there, or set PARQUETRY_HOME to a larger disk; smaller partitions need less.',
  });
}
