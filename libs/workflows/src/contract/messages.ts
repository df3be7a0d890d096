import type { LedgerRange } from '@parquetry/core';
import { defineQuery, defineSignal, defineUpdate } from './define';
import type { BackfillProgress, PartitionReport } from './types';

/** Partition → run: its outcome. */
export const partitionReport = defineSignal<[PartitionReport]>('partitionReport');
/** Stop starting partitions. */
export const pause = defineSignal('pause');
/** Resume starting partitions. */
export const resume = defineSignal('resume');
/** End the run without waiting for parked partitions; they remain gaps. */
export const finish = defineSignal('finish');
/** Partitions in flight, 1–500; returns the new value. */
export const setConcurrency = defineUpdate<number, [number]>('setConcurrency');
/** Which parked partitions to run again: all, or those that contain one of the ledgers. */
export interface RetryRequest {
  readonly all?: boolean;
  readonly starts?: readonly number[];
  /** Inclusive. */
  readonly ranges?: readonly LedgerRange[];
}
/** Runs parked partitions again; returns how many were signalled and how many were started again. */
export const retryPartitions = defineUpdate<{ signalled: number; restarted: number }, [RetryRequest]>(
  'retryPartitions',
);
/** Counts of the run. */
export const progress = defineQuery<BackfillProgress>('progress');

/** Parked partition: rerun what failed. */
export const retry = defineSignal('retry');
/** Parked partition: skip it; its ledgers remain a gap. */
export const skip = defineSignal('skip');
