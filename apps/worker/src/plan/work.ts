import { type LedgerRange, countPartitions, mergeIntervals, subtractIntervals } from '@parquetry/core';
import { type SourceIndex, byteSlices } from '@parquetry/source';
import { type PlannedWork, type RunSpec, amountOf, sliceOf } from '@parquetry/workflows';
import type { Coverage } from './tasks';

/** Slices of the range for which a plan says how many bytes they have. */
const SLICES = 100;

/** The work of a run: everything in its range that `done` lacks, in bytes where the index knows where they are. */
export function plannedWork(
  { range, partitionSize }: Pick<RunSpec, 'range' | 'partitionSize'>,
  index: SourceIndex,
  done: Coverage,
): PlannedWork {
  const gaps = mergeIntervals([...done.values()].flatMap((covered) => subtractIntervals(range, covered)));
  const slices = byteSlices(index, slicesOf(range));
  const sum = (count: (gap: LedgerRange) => number): number =>
    gaps.reduce((total, gap) => total + count(gap), 0);
  return {
    tasks: sum((gap) => countPartitions(gap, partitionSize)),
    amount: sum((gap) => amountOf(gap, range, slices)),
    ...(slices === undefined ? {} : { slices }),
  };
}

function slicesOf(range: LedgerRange): LedgerRange[] {
  const count = Math.min(SLICES, range.end - range.start + 1);
  return Array.from({ length: count }, (_, index) => sliceOf(range, count, index));
}
