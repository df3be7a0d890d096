import { MAX_LEDGER, parseLedgerRange } from '@parquetry/core';
import type { RunSpec } from '@parquetry/workflows';
import { type BackfillOptions, RUN_SETTINGS } from '../runoptions';
import { runSpec } from '../runspec';
import { defaults } from '../settings';

/** A run with the configured settings. */
export interface SpecFound {
  readonly spec?: RunSpec;
  /** Why the settings are wrong. */
  readonly error?: unknown;
}

/** The run that the settings describe; neither a spec nor an error without a source. */
export function specOf(options: Partial<BackfillOptions>): SpecFound {
  if (options.source === undefined) return {};
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  // Without an archive only the source is checked.
  const all = { ...defaults(RUN_SETTINGS), archive: '.', ...given } as unknown as BackfillOptions;
  try {
    const range = all.ledgers === undefined ? { start: 1, end: MAX_LEDGER } : parseLedgerRange(all.ledgers);
    return { spec: runSpec(all, { range }) };
  } catch (error) {
    return { error };
  }
}
