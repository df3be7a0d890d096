import { isParquetryError } from '@parquetry/core';

/** One line of `parquetry doctor`. */
export interface Finding {
  /** What was checked: `node`, `archive`, … */
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'fault';
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** Code of the error, for a fault that has one. */
  readonly code?: string;
}

/** A finding of a check, which adds its name. */
export type Line = Omit<Finding, 'check'>;

/** A check; an error that it throws becomes a fault. */
export interface Check {
  readonly name: string;
  run(limits: Limits): Promise<readonly Line[]>;
}

/** The time that a check has. */
interface Limits {
  /** Time by which a check should end by itself, Unix milliseconds. */
  readonly deadline: number;
  /** Aborted when the check exceeds its time limit. */
  readonly signal: AbortSignal;
}

/** A fine line. */
export function ok(message: string): Line {
  return { status: 'ok', message };
}

/** A line that needs attention. */
export function warning(message: string, hint: string): Line {
  return { status: 'warning', message, hint };
}

/** A line that has to be corrected. */
export function fault(message: string, hint: string): Line {
  return { status: 'fault', message, hint };
}

/** Runs a check for at most `limitMs`; one that does not end in time is a fault, and its result is ignored. */
export async function runCheck({ name, run }: Check, limitMs: number): Promise<readonly Finding[]> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Line[]>((resolve) => {
    timer = setTimeout(() => {
      abort.abort();
      resolve([
        fault(
          `The check did not end within ${limitMs / 1000} s.`,
          'Is the service reachable from here? --timeout gives the check more time.',
        ),
      ]);
    }, limitMs);
  });
  try {
    const work = run({ deadline: Date.now() + limitMs / 2, signal: abort.signal }).catch((error: unknown) => [
      failure(error),
    ]);
    return (await Promise.race([work, late])).map((finding) => ({ check: name, ...finding }));
  } finally {
    clearTimeout(timer);
  }
}

/** The finding for an error. */
export function failure(error: unknown): Line {
  if (!isParquetryError(error))
    return {
      status: 'fault',
      message: error instanceof Error ? error.message : String(error),
      code: 'INTERNAL',
    };
  const { code, message, hint } = error;
  return { status: 'fault', message, code, ...(hint === undefined ? {} : { hint }) };
}
