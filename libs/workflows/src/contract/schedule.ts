import type { LedgerRange } from '@parquetry/core';
import type { BackfillInput, RunSpec } from './types';

/** Input of the `scheduled` workflow, which a schedule starts: a backfill with a range that is resolved at run time. */
export interface ScheduledInput extends Omit<BackfillInput, 'spec' | 'carry'> {
  readonly spec: Omit<RunSpec, 'range'>;
  /** Distance that a run keeps from the newest complete ledger of the source. */
  readonly lag: number;
  /** Most ledgers per run. */
  readonly maxLedgers: number;
  /** First ledger for an archive, or a message type in it, without ledgers; absent for the first one of the source. */
  readonly from?: number;
}

/** Result of the range step. */
export interface ResolvedRange {
  /** Starts after the contiguous committed prefix; absent when there is nothing to do. */
  readonly range?: LedgerRange;
  /** Newest ledger of the source, if it has one. */
  readonly tip?: number;
}

/** Additional step of a scheduled run. */
export interface ScheduleActivities {
  /** Finds the next range from the commit log and the source. */
  resolveRange(input: ScheduledInput): Promise<ResolvedRange>;
}

/** Result of a scheduled run with nothing to do; otherwise the run becomes a backfill. */
export interface NothingToDo {
  readonly range: null;
  readonly tip: number | null;
}
