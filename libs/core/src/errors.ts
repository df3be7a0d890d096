import { ERROR_CODES, type ErrorCode } from './errorcodes';

/** Facts of an error for machines: ledgers, paths, counts. Never a credential, never a whole message. */
export type ErrorDetails = Readonly<
  Record<string, string | number | boolean | null | readonly (string | number)[]>
>;

/**
 * The one error class of Parquetry: what failed (message), where and how much (details), what to do next (hint). The
 * message is one sentence that a person can act on without reading the code.
 */
export class ParquetryError extends Error {
  override readonly name = 'ParquetryError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.hint = options.hint;
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): 1 | 2 | 3 {
    return ERROR_CODES[this.code].exit;
  }

  /** Whether a workflow may retry the step automatically. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** The error for `--json` and logs. */
  toJSON(): { code: ErrorCode; message: string; details: ErrorDetails; hint?: string } {
    return {
      code: this.code,
      message: this.message,
      details: this.details,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}

/** True for a `ParquetryError`, including one from another copy of this package. */
export function isParquetryError(error: unknown): error is ParquetryError {
  return error instanceof Error && error.name === 'ParquetryError' && 'code' in error;
}

/** Whether a text is the code of an error. */
export function isErrorCode(text: string | null | undefined): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERROR_CODES, text);
}

/** The Node error code (`ENOENT`, `EACCES`, …) of a system error, if it is one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The code of any error: that of a ParquetryError or of a failed step, CANCELLED for an abort, otherwise INTERNAL. */
export function codeOf(error: unknown): ErrorCode {
  if (isParquetryError(error)) return error.code;
  if (!(error instanceof Error)) return 'INTERNAL';
  // A failed step has its code as the type of Temporal's failure.
  if ('type' in error && isErrorCode(error.type as string)) return error.type as ErrorCode;
  return /^(AbortError|CancelledFailure|Cancelled)$/.test(error.name) ? 'CANCELLED' : 'INTERNAL';
}
