import type { LedgerRange } from '@parquetry/core';
import type { SourceIndex } from '../source';
import type { LedgerFacts } from './decide';

/** What a look at a growing source found, from the reader's first ledger on. */
export interface TailView {
  /** Highest ledger the source has; undefined when it has none yet. */
  readonly tip?: { readonly ledger: number; readonly closeTimeMicros?: number };
  /** Highest ledger that was read and will not grow any more; one below the reader's first ledger when there is none. */
  readonly closed: number;
  /** Ascending. */
  readonly facts: readonly LedgerFacts[];
  /** True when there is more to read at once. */
  readonly more: boolean;
}

/** Follows a source that grows, from one ledger on. Keeps what it read, so that each look reads only what is new. */
export interface TailReader {
  /** Reads a bounded part of what is new. @throws ParquetryError LEDGER_MISSING for a hole below the tip */
  look(signal?: AbortSignal): Promise<TailView>;
  /** The index for a pull of a range that was read. */
  index(range: LedgerRange, signal?: AbortSignal): Promise<SourceIndex>;
}
