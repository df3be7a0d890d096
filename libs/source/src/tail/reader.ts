import type { LedgerRange } from '@parquetry/core';
import type { SourceIndex } from '../source';
import type { LedgerFacts } from './flushrule';

/** The state of a growing source after a poll, from the reader's first ledger. */
export interface TailView {
  /** Highest ledger of the source; undefined if it is empty. */
  readonly tip?: { readonly ledger: number; readonly closeTimeMicros?: number };
  /** Highest ledger that was read and is complete; one below the reader's first ledger if there is none. */
  readonly closed: number;
  /** Ascending. */
  readonly facts: readonly LedgerFacts[];
  /** Whether more can be read without waiting. */
  readonly more: boolean;
}

/** Follows a growing source from one ledger. Keeps its position, so that each poll reads only new data. */
export interface TailReader {
  /** Reads a bounded part of the new data. @throws ParquetryError LEDGER_MISSING for a gap below the tip */
  look(signal?: AbortSignal): Promise<TailView>;
  /** The index for a pull of a range that was read. */
  index(range: LedgerRange, signal?: AbortSignal): Promise<SourceIndex>;
}
