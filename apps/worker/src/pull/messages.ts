import {
  type ErrorDetails,
  ParquetryError,
  type ErrorCode,
  type StageManifest,
  isParquetryError,
} from '@parquetry/core';
import type { MessageDecision, SourceProgress } from '@parquetry/source';
import type { PullJob } from './job';

/** What the pool tells a pull thread. */
export type ToThread =
  { readonly kind: 'run'; readonly job: PullJob; readonly decisions: boolean } | { readonly kind: 'abort' };

/** What a pull thread tells the pool. */
export type FromThread =
  | { readonly kind: 'progress'; readonly progress: SourceProgress }
  | { readonly kind: 'decision'; readonly decision: MessageDecision }
  | { readonly kind: 'done'; readonly manifest: StageManifest }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** An error between threads: a structured clone would lose its class and code. */
export interface PlainError {
  readonly message: string;
  readonly stack?: string;
  readonly coded?: { readonly code: ErrorCode; readonly details?: ErrorDetails; readonly hint?: string };
}

/** An error as it travels. */
export function plainError(error: unknown): PlainError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const base = { message, ...(stack === undefined ? {} : { stack }) };
  if (!isParquetryError(error)) return base;
  const { code, details, hint } = error;
  return { ...base, coded: { code, details, ...(hint === undefined ? {} : { hint }) } };
}

/** The error that travelled. */
export function revivedError({ message, stack, coded }: PlainError): Error {
  const { code, ...options } = coded ?? {};
  const error = code === undefined ? new Error(message) : new ParquetryError(code, message, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}
