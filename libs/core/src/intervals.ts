import { type LedgerRange, intersectRange } from './range';

/**
 * A set of ledgers as sorted, disjoint, non-adjacent inclusive ranges. Coverage of an archive is kept in this form.
 */
export type Intervals = readonly LedgerRange[];

/** Sorts and merges ranges; adjacent ones (`1-4`, `5-9`) become one. */
export function mergeIntervals(ranges: Iterable<LedgerRange>): LedgerRange[] {
  const sorted = [...ranges].sort((a, b) => a.start - b.start || a.end - b.end);
  const merged: LedgerRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end + 1)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else merged.push({ start: range.start, end: range.end });
  }
  return merged;
}

/** The parts of `range` that are not in `intervals` (gaps), in order. */
export function subtractIntervals(range: LedgerRange, intervals: Intervals): LedgerRange[] {
  const gaps: LedgerRange[] = [];
  let next = range.start;
  for (const covered of intervals) {
    if (covered.end < next) continue;
    if (covered.start > range.end) break;
    if (covered.start > next) gaps.push({ start: next, end: covered.start - 1 });
    next = covered.end + 1;
  }
  if (next <= range.end) gaps.push({ start: next, end: range.end });
  return gaps;
}

/** The parts of `range` that are in `intervals`, in order. */
export function clipIntervals(range: LedgerRange, intervals: Intervals): LedgerRange[] {
  return intervals.flatMap((interval) => intersectRange(range, interval) ?? []);
}

/** True when every ledger of `range` is in `intervals`. */
export function coversRange(intervals: Intervals, range: LedgerRange): boolean {
  return intervals.some((interval) => interval.start <= range.start && range.end <= interval.end);
}

/** The ledgers that are in both sets. */
export function intersectIntervals(a: Intervals, b: Intervals): LedgerRange[] {
  return a.flatMap((range) => clipIntervals(range, b));
}

/** Whether a range has a ledger in the set; true without a set. */
export function meets(range: LedgerRange, intervals: Intervals | undefined): boolean {
  return intervals?.some((interval) => intersectRange(interval, range) !== undefined) !== false;
}

/** Number of ledgers in the set. */
export function countLedgers(intervals: Intervals): number {
  return intervals.reduce((total, { start, end }) => total + end - start + 1, 0);
}
