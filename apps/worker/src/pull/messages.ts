import {
  type ErrorDetails,
  ParquetryError,
  type ErrorCode,
  type StageManifest,
  isParquetryError,
  systemErrorCode,
} from '@parquetry/core';
import type { MessageDecision, SourceProgress } from '@parquetry/source';
import type { PastOperation } from '@parquetry/telemetry';
import type { PullJob } from './job';

/** Messages from the pool to a pull thread. */
export type ToThread =
  | {
      readonly kind: 'run';
      readonly job: PullJob;
      readonly decisions: boolean;
      /** Whether the thread lists its requests to stores. */
      readonly operations: boolean;
    }
  | { readonly kind: 'abort' };

/** Messages from a pull thread to the pool. */
export type FromThread =
  | { readonly kind: 'progress'; readonly progress: SourceProgress }
  | { readonly kind: 'decision'; readonly decision: MessageDecision }
  /** Requests to stores, before the job's end. */
  | { readonly kind: 'operations'; readonly operations: readonly PastOperation[] }
  /** `heapBytes`: what the thread's objects take, collected or not. */
  | { readonly kind: 'done'; readonly manifest: StageManifest; readonly heapBytes: number }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** An error between threads: a structured clone would lose its class and code. */
export interface PlainError {
  readonly message: string;
  readonly stack?: string;
  /** Node's code of a system error, such as ENOSPC. */
  readonly system?: string;
  readonly coded?: { readonly code: ErrorCode; readonly details?: ErrorDetails; readonly hint?: string };
}

/** Serializes an error. */
export function plainError(error: unknown): PlainError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const base = { message, ...(stack === undefined ? {} : { stack }) };
  if (!isParquetryError(error)) {
    const system = systemErrorCode(error);
    return system === undefined ? base : { ...base, system };
  }
  const { code, details, hint } = error;
  return { ...base, coded: { code, details, ...(hint === undefined ? {} : { hint }) } };
}

/** Deserializes an error. */
export function revivedError({ message, stack, coded, system }: PlainError): Error {
  const { code, ...options } = coded ?? {};
  const error = code === undefined ? new Error(message) : new ParquetryError(code, message, options);
  if (system !== undefined) Object.assign(error, { code: system });
  if (stack !== undefined) error.stack = stack;
  return error;
}
