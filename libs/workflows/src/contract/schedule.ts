import type { LedgerRange } from '@parquetry/core';
import type { BackfillInput, RunSpec } from './types';

/** Input of the `scheduled` workflow, which a schedule starts: a backfill whose range is found when it runs. */
export interface ScheduledInput extends Omit<BackfillInput, 'spec' | 'carry'> {
  readonly spec: Omit<RunSpec, 'range'>;
  /** Ledgers below the newest one of the source that are left alone. */
  readonly lag: number;
  /** Most ledgers a run takes. */
  readonly maxLedgers: number;
  /** First ledger of an archive, or of a message type in it, that has none yet; absent for the first one of the source. */
  readonly from?: number;
}

/** What the range step found. */
export interface ResolvedRange {
  /** From the end of the contiguous committed prefix on; absent when there is nothing to do. */
  readonly range?: LedgerRange;
  /** Newest ledger of the source, if it has one. */
  readonly tip?: number;
}

/** The step of a scheduled run beside those of a backfill. */
export interface ScheduleActivities {
  /** Finds the next range from the commit log and the source. */
  resolveRange(input: ScheduledInput): Promise<ResolvedRange>;
}

/** Result of a scheduled run that had nothing to do; one that had becomes a backfill. */
export interface NothingToDo {
  readonly range: null;
  readonly tip: number | null;
}
