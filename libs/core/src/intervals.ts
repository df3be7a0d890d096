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

/** Adds a range to disjoint intervals in ledger order, in place. */
export function addInterval(intervals: LedgerRange[], { start, end }: LedgerRange): void {
  const from = firstEndingAt(start - 1, intervals);
  const merged = { start, end };
  let to = from;
  for (; to < intervals.length; to++) {
    const next = intervals[to] as LedgerRange;
    if (next.start > end + 1) break;
    merged.start = Math.min(merged.start, next.start);
    merged.end = Math.max(merged.end, next.end);
  }
  intervals.splice(from, to - from, merged);
}

/**
 * Index of the first interval that ends at or after `ledger`. A search by halves: a run asks for each of its partitions,
 * and fragmented coverage has as many intervals as partitions.
 */
function firstEndingAt(ledger: number, intervals: Intervals): number {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle] as LedgerRange).end < ledger) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The parts of `range` that are in `intervals`, in order. */
export function clipIntervals(range: LedgerRange, intervals: Intervals): LedgerRange[] {
  const parts: LedgerRange[] = [];
  for (let index = firstEndingAt(range.start, intervals); index < intervals.length; index += 1) {
    const part = intersectRange(range, intervals[index] as LedgerRange);
    if (part === undefined) break;
    parts.push(part);
  }
  return parts;
}

/** The parts of `range` that are not in `intervals` (gaps), in order. */
export function subtractIntervals(range: LedgerRange, intervals: Intervals): LedgerRange[] {
  const gaps: LedgerRange[] = [];
  let next = range.start;
  for (const { start, end } of clipIntervals(range, intervals)) {
    if (start > next) gaps.push({ start: next, end: start - 1 });
    next = end + 1;
  }
  if (next <= range.end) gaps.push({ start: next, end: range.end });
  return gaps;
}

/** True when every ledger of `range` is in `intervals`. */
export function coversRange(intervals: Intervals, range: LedgerRange): boolean {
  return subtractIntervals(range, intervals).length === 0;
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
