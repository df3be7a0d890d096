import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BackfillProgress, PartitionReport } from './types';

/** Partition → run: what became of it. */
export const partitionReport = defineSignal<[PartitionReport]>('partitionReport');
/** Start no more partitions. */
export const pause = defineSignal('pause');
/** Start partitions again. */
export const resume = defineSignal('resume');
/** End the run without waiting for parked partitions; they stay as gaps. */
export const finish = defineSignal('finish');
/** Partitions in flight, 1–500; returns the number now in force. */
export const setConcurrency = defineUpdate<number, [number]>('setConcurrency');
/** Which parked partitions to run again: all, or those that hold the given ledgers, their first or any other. */
export interface RetryRequest {
  readonly all?: boolean;
  readonly starts?: readonly number[];
}
/** Runs parked partitions again; returns how many were signalled and how many had to be started anew. */
export const retryPartitions = defineUpdate<{ signalled: number; restarted: number }, [RetryRequest]>(
  'retryPartitions',
);
/** Counts of the run. */
export const progress = defineQuery<BackfillProgress>('progress');

/** Parked partition: run what failed again. */
export const retry = defineSignal('retry');
/** Parked partition: give it up; its ledgers stay a gap. */
export const skip = defineSignal('skip');
