import type { Intervals, LedgerRange } from '@parquetry/core';
import { type LedgerState, STATES } from './data';

/** Ledgers in one state. A list of spans is sorted and disjoint. */
export interface Span extends LedgerRange {
  readonly state: LedgerState;
}

/** The spans of a set of ledgers. */
export function spansOf(ledgers: Intervals, state: LedgerState): Span[] {
  return ledgers.map(({ start, end }) => ({ start, end, state }));
}

/** Puts `upper` on `lower`: where both have a ledger, the state of `upper` counts. Linear in the number of spans. */
export function overlay(lower: readonly Span[], upper: readonly Span[]): Span[] {
  const result: Span[] = [];
  const push = (start: number, end: number, state: LedgerState): void => {
    if (start > end) return;
    const last = result.at(-1);
    if (last !== undefined && last.state === state && last.end + 1 === start)
      result[result.length - 1] = { start: last.start, end, state };
    else result.push({ start, end, state });
  };
  let next = 0;
  for (const span of upper) {
    for (let below = lower[next]; below !== undefined && below.start < span.start; below = lower[next]) {
      push(
        Math.max(below.start, (result.at(-1)?.end ?? 0) + 1),
        Math.min(below.end, span.start - 1),
        below.state,
      );
      if (below.end >= span.start) break;
      next += 1;
    }
    push(span.start, span.end, span.state);
    while ((lower[next]?.end ?? Infinity) <= span.end) next += 1;
  }
  for (const below of lower.slice(next))
    push(Math.max(below.start, (result.at(-1)?.end ?? 0) + 1), below.end, below.state);
  return result;
}

/** Some ledgers of a map: the state that matters most, and whether all of them have it. */
export interface Cell {
  readonly state: LedgerState;
  readonly whole: boolean;
}

/** States by how much they matter to a reader: one uncommitted ledger among a million must be seen. */
const WEIGHT: readonly LedgerState[] = [
  'none',
  'committed',
  'compacted',
  'tail',
  'rejected',
  'waiting',
  'running',
  'gap',
  'parked',
];

/** Divides a range into `count` cells of about the same size; fewer when it has fewer ledgers. */
export function cellsOf(spans: readonly Span[], range: LedgerRange, count: number): Cell[] {
  const length = range.end - range.start + 1;
  const cells = Math.min(count, length);
  const result: Cell[] = [];
  let next = 0;
  for (let cell = 0; cell < cells; cell += 1) {
    const start = range.start + Math.floor((cell * length) / cells);
    const end = range.start + Math.floor(((cell + 1) * length) / cells) - 1;
    while ((spans[next]?.end ?? Infinity) < start) next += 1;
    result.push(cellOf(spans, next, { start, end }));
  }
  return result;
}

function cellOf(spans: readonly Span[], from: number, { start, end }: LedgerRange): Cell {
  let state: LedgerState = 'none';
  let seen = start;
  let kinds = 0;
  for (let at = from; at < spans.length; at += 1) {
    const span = spans[at];
    if (span === undefined || span.start > end) break;
    if (span.start > seen) kinds += 1;
    if (kinds === 0 || span.state !== state) kinds += 1;
    seen = span.end + 1;
    if (WEIGHT.indexOf(span.state) > WEIGHT.indexOf(state)) state = span.state;
  }
  if (seen <= end && kinds > 0) kinds += 1;
  return { state, whole: kinds <= 1 };
}

/**
 * The states of a range as counts and indexes of states. A map with more than `limit` steps is divided into cells, each
 * with the state that matters most.
 */
export function encodeRuns(
  spans: readonly Span[],
  range: LedgerRange,
  limit: number,
): { readonly runs: number[]; readonly cell: number } {
  const inside = clipSpans(spans, range);
  const exact = runsOf(inside, range);
  if (exact.length / 2 <= limit) return { runs: exact, cell: 1 };
  const length = range.end - range.start + 1;
  const count = Math.min(limit, length);
  const coarse: Span[] = cellsOf(inside, range, count).map(({ state }, cell) => ({
    start: range.start + Math.floor((cell * length) / count),
    end: range.start + Math.floor(((cell + 1) * length) / count) - 1,
    state,
  }));
  return { runs: runsOf(coarse, range), cell: Math.ceil(length / count) };
}

/** The spans of encoded states, without those of state `none`. */
export function decodeRuns(runs: readonly number[], start: number): Span[] {
  const spans: Span[] = [];
  let at = start;
  for (let index = 0; index < runs.length; index += 2) {
    const length = runs[index] ?? 0;
    const state = STATES[runs[index + 1] ?? 0] ?? 'none';
    if (state !== 'none') spans.push({ start: at, end: at + length - 1, state });
    at += length;
  }
  return spans;
}

/** Ledgers in each state. */
export function countStates(spans: readonly Span[], range: LedgerRange): Record<LedgerState, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<LedgerState, number>;
  let known = 0;
  for (const { start, end, state } of clipSpans(spans, range)) {
    counts[state] += end - start + 1;
    known += end - start + 1;
  }
  counts.none += range.end - range.start + 1 - known;
  return counts;
}

function clipSpans(spans: readonly Span[], { start, end }: LedgerRange): Span[] {
  return spans
    .filter((span) => span.end >= start && span.start <= end)
    .map((span) => ({ ...span, start: Math.max(span.start, start), end: Math.min(span.end, end) }));
}

function runsOf(spans: readonly Span[], range: LedgerRange): number[] {
  const runs: number[] = [];
  const push = (length: number, state: LedgerState): void => {
    const index = STATES.indexOf(state);
    if (length === 0) return;
    if (runs.at(-1) === index) runs[runs.length - 2] = (runs.at(-2) ?? 0) + length;
    else runs.push(length, index);
  };
  let at = range.start;
  for (const { start, end, state } of spans) {
    push(start - at, 'none');
    push(end - start + 1, state);
    at = end + 1;
  }
  push(range.end + 1 - at, 'none');
  return runs;
}
