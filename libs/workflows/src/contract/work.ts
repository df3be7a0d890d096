import { type LedgerRange, rangeLength } from '@parquetry/core';

/**
 * The work of a run, to estimate its remaining time. The unit of an amount is a ledger, or a byte of the source where
 * the plan knows where its bytes are.
 */
export interface PlannedWork {
  /** Partitions and parts of partitions to write. */
  readonly tasks: number;
  /** Amount of all tasks. */
  readonly amount: number;
  /** Bytes in equal slices of the run's range, in ledger order; absent: the unit is a ledger. */
  readonly slices?: readonly number[];
}

/** First and last ledger of slice `index` when a range is cut into `count` equal ones. */
export function sliceOf({ start, end }: LedgerRange, count: number, index: number): LedgerRange {
  const length = end - start + 1;
  const edge = (at: number): number => start + Math.floor((length * at) / count);
  return { start: edge(index), end: edge(index + 1) - 1 };
}

/** The amount of work in a part of a run's range. */
export function amountOf(
  part: LedgerRange,
  range: LedgerRange,
  slices: readonly number[] | undefined,
): number {
  if (slices === undefined) return rangeLength(part);
  let amount = 0;
  for (const [index, bytes] of slices.entries()) {
    const slice = sliceOf(range, slices.length, index);
    const common = Math.min(part.end, slice.end) - Math.max(part.start, slice.start) + 1;
    if (common > 0) amount += (bytes * common) / rangeLength(slice);
  }
  return Math.round(amount);
}
