import { type Archive, UNSPECIFIED_NETWORK } from '@parquetry/archive';
import {
  clipIntervals,
  countLedgers,
  type Intervals,
  intersectIntervals,
  type LedgerRange,
  mergeIntervals,
  ParquetryError,
  subtractIntervals,
} from '@parquetry/core';
import { ownLedgers } from '../audit';
import { HashedLedgers } from './hashedledgers';

/** How two archives hold the rows of a dataset, by their row hashes. All ranges are merged. */
export interface DatasetComparison {
  readonly dataset: string;
  /** Number of ledgers with the same rows. */
  readonly equal: number;
  /** Ledgers with other rows. */
  readonly differ: Intervals;
  /** Ledgers that only the first archive has. */
  readonly onlyA: Intervals;
  readonly onlyB: Intervals;
  /** Requested ledgers that neither archive has. */
  readonly neither: Intervals;
  /** Ledgers of both that can't be compared, because the first archive has no row hashes for them. */
  readonly unhashedA: Intervals;
  readonly unhashedB: Intervals;
}

/** What to compare; everything by default. */
export interface CompareRequest {
  readonly ranges?: Intervals;
  readonly datasets?: readonly string[];
}

/**
 * Compares the rows of two archives, whatever their stores, layouts, codecs and partitions, from their segments' records
 * alone.
 * @throws ParquetryError MESSAGE_TYPE_UNKNOWN for a dataset that neither archive has; ARCHIVE_MISMATCH for archives of
 *   different networks; COVERAGE_GAP when both are empty
 */
export async function* compareArchives(
  a: Archive,
  b: Archive,
  { ranges, datasets }: CompareRequest = {},
): AsyncGenerator<DatasetComparison> {
  const [networkA, networkB] = [a.identity.network, b.identity.network];
  if (networkA !== networkB && ![networkA, networkB].includes(UNSPECIFIED_NETWORK))
    throw new ParquetryError(
      'ARCHIVE_MISMATCH',
      `The archives are of different networks: A of "${networkA}", B of "${networkB}".`,
      { hint: 'Compare archives of the same network.' },
    );
  const known = new Set([...(await a.datasets()), ...(await b.datasets())]);
  if (known.size === 0)
    throw new ParquetryError('COVERAGE_GAP', 'Both archives are empty: there is nothing to compare.', {
      hint: 'Check the roots of the archives.',
    });
  for (const dataset of datasets ?? [...known].sort()) {
    if (!known.has(dataset))
      throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `Neither archive has a dataset "${dataset}".`, {
        hint: `They have ${[...known].sort().join(', ') || 'none'}.`,
      });
    const sides = await Promise.all([a, b].map((archive) => HashedLedgers.open(archive, dataset)));
    const owned = await Promise.all([a, b].map((archive) => ownLedgers(archive, dataset)));
    const requested = ranges && mergeIntervals(owned.flatMap((range) => clipIntervals(range, ranges)));
    yield await compareDataset(dataset, sides as [HashedLedgers, HashedLedgers], requested);
  }
}

async function compareDataset(
  dataset: string,
  [a, b]: readonly [HashedLedgers, HashedLedgers],
  ranges: Intervals | undefined,
): Promise<DatasetComparison> {
  const covered = ({ snapshot }: HashedLedgers): Intervals =>
    ranges === undefined
      ? snapshot.coverage
      : mergeIntervals(ranges.flatMap((range) => clipIntervals(range, snapshot.coverage)));
  const [ofA, ofB] = [covered(a), covered(b)];
  const without = (some: Intervals, others: Intervals): Intervals =>
    some.flatMap((range) => subtractIntervals(range, others));
  const differ: LedgerRange[] = [];
  const unhashedA: LedgerRange[] = [];
  const unhashedB: LedgerRange[] = [];
  let equal = 0;
  for (const common of intersectIntervals(ofA, ofB))
    for (let start = common.start; start <= common.end;) {
      const [one, other] = [await a.segment(start), await b.segment(start)];
      const block = { start, end: Math.min(common.end, one.range.end, other.range.end) };
      start = block.end + 1;
      if (one.root === undefined) unhashedA.push(block);
      if (other.root === undefined) unhashedB.push(block);
      if (one.root === undefined || other.root === undefined) continue;
      if (one.root === other.root && isSame(one.range, other.range)) {
        equal += countLedgers([block]);
        continue;
      }
      for (let ledger = block.start; ledger <= block.end; ledger += 1) {
        const [left, right] = [one.at(ledger), other.at(ledger)];
        if (left.rows === right.rows && left.hash.equals(right.hash)) equal += 1;
        else differ.push({ start: ledger, end: ledger });
      }
    }
  return {
    dataset,
    equal,
    differ: mergeIntervals(differ),
    onlyA: without(ofA, ofB),
    onlyB: without(ofB, ofA),
    neither: without(ranges ?? [], mergeIntervals([...ofA, ...ofB])),
    unhashedA: mergeIntervals(unhashedA),
    unhashedB: mergeIntervals(unhashedB),
  };
}

function isSame(a: LedgerRange, b: LedgerRange): boolean {
  return a.start === b.start && a.end === b.end;
}

/** Whether both archives have the same ledgers with the same rows. */
export function isEqual(found: DatasetComparison): boolean {
  const { differ, onlyA, onlyB, neither, unhashedA, unhashedB } = found;
  return [differ, onlyA, onlyB, neither, unhashedA, unhashedB].every((ranges) => ranges.length === 0);
}
