import { ALL_LEDGERS, type LedgerRange, parseRanges, plainRange } from '@parquetry/core';
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
    return { spec: runSpec(all, { range: all.ledgers === undefined ? ALL_LEDGERS : hull(all.ledgers) }) };
  } catch (error) {
    return { error };
  }
}

/** From the first to the last ledger of ranges in numbers; all ledgers if one of them is not. */
function hull(ledgers: string): LedgerRange {
  const ranges = parseRanges(ledgers).map((text) => plainRange(text) ?? ALL_LEDGERS);
  return {
    start: Math.min(...ranges.map(({ start }) => start)),
    end: Math.max(...ranges.map(({ end }) => end)),
  };
}
