/**
 * Every error a user can meet has a stable code. The catalogue says for each code how a command exits and whether
 * a workflow may try again by itself.
 *
 * exit: 1 the work failed or a check found a fault; 2 wrong usage or configuration; 3 a service is out of reach.
 */
export const ERROR_CODES = {
  // usage and configuration
  USAGE: { exit: 2, retryable: false },
  CONFIG_INVALID: { exit: 2, retryable: false },
  RANGE_INVALID: { exit: 2, retryable: false },
  MESSAGE_TYPE_INVALID: { exit: 2, retryable: false },
  MESSAGE_TYPE_UNKNOWN: { exit: 2, retryable: false },
  ARCHIVE_INVALID: { exit: 2, retryable: false },
  ARCHIVE_MISMATCH: { exit: 2, retryable: false },
  SOURCE_INVALID: { exit: 2, retryable: false },
  SOURCE_NOT_FOUND: { exit: 2, retryable: false },
  NOT_AVAILABLE: { exit: 2, retryable: false },
  QUERY_INVALID: { exit: 2, retryable: false },
  // services
  TEMPORAL_UNREACHABLE: { exit: 3, retryable: true },
  TEMPORAL_UNAVAILABLE: { exit: 3, retryable: false },
  STORAGE_UNREACHABLE: { exit: 3, retryable: true },
  // the source
  LEDGER_MISSING: { exit: 1, retryable: false },
  SOURCE_CORRUPT: { exit: 1, retryable: false },
  SOURCE_CHANGED: { exit: 1, retryable: false },
  CHAIN_BROKEN: { exit: 1, retryable: false },
  PROTOCOL_UNSUPPORTED: { exit: 1, retryable: false },
  // messages
  REJECTS_EXCEEDED: { exit: 1, retryable: false },
  SCHEMA_CONFLICT: { exit: 1, retryable: false },
  // writing, checking, committing
  STAGE_LOST: { exit: 1, retryable: false },
  STAGE_FULL: { exit: 1, retryable: true },
  WRITE_FAILED: { exit: 1, retryable: true },
  CODEC_UNSUPPORTED: { exit: 2, retryable: false },
  VERIFY_MISMATCH: { exit: 1, retryable: false },
  FILE_CORRUPT: { exit: 1, retryable: false },
  COMMIT_CONFLICT: { exit: 1, retryable: false },
  COMMIT_CONTENDED: { exit: 1, retryable: true },
  KEY_INVALID: { exit: 1, retryable: false },
  STORAGE_FULL: { exit: 1, retryable: true },
  STORAGE_NOT_FOUND: { exit: 2, retryable: false },
  STORAGE_REFUSED: { exit: 1, retryable: false },
  OBJECT_EXISTS: { exit: 1, retryable: false },
  OBJECT_NOT_FOUND: { exit: 1, retryable: false },
  LOG_CORRUPT: { exit: 1, retryable: false },
  LOG_UNSUPPORTED: { exit: 1, retryable: false },
  PERMISSION_DENIED: { exit: 1, retryable: false },
  COVERAGE_GAP: { exit: 1, retryable: false },
  MAJOR_OVERLAP: { exit: 1, retryable: false },
  MAJOR_MISPLACED: { exit: 1, retryable: false },
  PARTITIONS_PARKED: { exit: 1, retryable: false },
  PARTITIONS_FAILED: { exit: 1, retryable: false },
  CANCELLED: { exit: 1, retryable: false },
  OUT_OF_MEMORY: { exit: 1, retryable: false },
  INTERNAL: { exit: 1, retryable: true },
} as const satisfies Record<string, { exit: 1 | 2 | 3; retryable: boolean }>;

/** The stable name of an error, printed in messages, logs, `--json` and Temporal failures (as their type). */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Facts of an error for machines: ledgers, paths, counts. Never a credential, never a whole message. */
export type ErrorDetails = Readonly<
  Record<string, string | number | boolean | null | readonly (string | number)[]>
>;

/**
 * The one error class of Parquetry: what failed (message), where and how much (details), what to do next (hint).
 * The message is one sentence a person can act on without the source at hand.
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

  /** Whether a workflow may try the step again by itself. */
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

/** True for an error of ours, also when it comes from another copy of this package. */
export function isParquetryError(error: unknown): error is ParquetryError {
  return error instanceof Error && error.name === 'ParquetryError' && 'code' in error;
}

/** The Node error code (`ENOENT`, `EACCES`, …) of a system error, if it is one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
