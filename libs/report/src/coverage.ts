import type { Snapshot } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  clipIntervals,
  mergeIntervals,
  subtractIntervals,
} from '@parquetry/core';
import type { TemporalData } from './data';
import type { Digest } from './digest';
import { type Span, overlay, spansOf } from './spans';

/** Work in Temporal on the ledgers of an archive. */
export type ActiveWork = Pick<TemporalData, 'active' | 'runs'>;

/** The states of a dataset's ledgers, and its gaps. */
export interface DatasetCoverage {
  readonly spans: readonly Span[];
  /** Requested ledgers that are not committed and in no running or parked work. */
  readonly gaps: Intervals;
}

/**
 * The states of a dataset's ledgers. Missing ledgers are those that runs requested, and those between the first and the
 * last committed ledger.
 */
export function coverageOf(
  { dataset, coverage }: Pick<Snapshot, 'dataset' | 'coverage'>,
  requested: Intervals,
  digests: readonly (Digest | undefined)[],
  { active, runs }: ActiveWork,
): DatasetCoverage {
  const [first, last] = [coverage[0], coverage.at(-1)];
  const hull = first !== undefined && last !== undefined ? [{ start: first.start, end: last.end }] : [];
  const wanted = mergeIntervals([...requested, ...hull]);
  const missing = without(wanted, coverage);
  const within = (ledgers: Iterable<LedgerRange>): Intervals =>
    without(mergeIntervals(ledgers), coverage).flatMap((part) => clipIntervals(part, missing));
  const partitions = (state: string): Intervals =>
    within(
      active.filter((one) => one.state === state && one.datasets.includes(dataset)).map(({ range }) => range),
    );
  const [running, parked] = [partitions('running'), partitions('parked')];
  const waiting = within(
    runs
      .filter(({ state, datasets }) => state === 'running' && (datasets?.includes(dataset) ?? true))
      .flatMap(({ range, reached = 0 }) =>
        range === undefined || reached >= range.end
          ? []
          : { start: Math.max(range.start, reached + 1), end: range.end },
      ),
  );
  const written = (by: Digest['by']): Intervals =>
    mergeIntervals(digests.flatMap((digest) => (digest?.by === by ? digest.range : [])));
  const rejected = mergeIntervals(digests.flatMap((digest) => digest?.rejected ?? []));
  const layers = [
    spansOf(missing, 'gap'),
    spansOf(waiting, 'waiting'),
    spansOf(coverage, 'committed'),
    spansOf(written('tail'), 'tail'),
    spansOf(written('compaction'), 'compacted'),
    spansOf(rejected, 'rejected'),
    spansOf(running, 'running'),
    spansOf(parked, 'parked'),
  ];
  return {
    spans: layers.reduce<readonly Span[]>(overlay, []),
    gaps: without(missing, mergeIntervals([...waiting, ...running, ...parked])),
  };
}

/** `ledgers` without those in `others`; both sorted and disjoint. */
function without(ledgers: Intervals, others: Intervals): Intervals {
  let from = 0;
  return ledgers.flatMap((range) => {
    while ((others[from]?.end ?? Infinity) < range.start) from += 1;
    let to = from;
    while ((others[to]?.start ?? Infinity) <= range.end) to += 1;
    return subtractIntervals(range, others.slice(from, to));
  });
}
