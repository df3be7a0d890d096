import type { LedgerRange } from '@parquetry/core';
import type { NdjsonIndex } from './ndjson/blocks';
import type { SourceIndex } from './source';

interface Share {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/**
 * Estimates the number of messages of a dataset in a range, from the index alone; undefined if the source does not count
 * messages in advance (ledgers). The index has the exact total of each dataset. The estimate distributes it over the
 * dataset's blocks in proportion to their bytes, and within a block evenly over its ledgers.
 */
export function messageEstimator(
  index: SourceIndex,
): (dataset: string, range: LedgerRange) => number | undefined {
  if (index.kind !== 'ndjson') return () => undefined;
  const { datasets, blocks } = index.data as NdjsonIndex;
  const shares = new Map<string, Share[]>(datasets.map((name) => [name, []]));
  for (const [, , bytes, , start, end, members] of blocks)
    for (const member of members) shares.get(datasets[member] ?? '')?.push({ start, end, bytes });
  const totals = new Map(
    [...shares].map(([name, list]) => [name, list.reduce((sum, { bytes }) => sum + bytes, 0)]),
  );
  const messages = new Map(index.datasets.map((entry) => [entry.dataset, entry.messages]));
  return (dataset, range) => {
    const all = messages.get(dataset);
    const list = shares.get(dataset);
    const total = totals.get(dataset);
    if (all === undefined || list === undefined || total === undefined) return undefined;
    if (total === 0) return 0;
    let bytes = 0;
    for (const share of list) {
      const common = Math.min(share.end, range.end) - Math.max(share.start, range.start) + 1;
      if (common > 0) bytes += (share.bytes * common) / (share.end - share.start + 1);
    }
    return Math.round((all * bytes) / total);
  };
}

/**
 * Bytes of the source in each of some ledger ranges, from the index alone; undefined if the source does not know its
 * bytes in advance (ledgers). A block's bytes are distributed evenly over its ledgers.
 */
export function byteSlices(index: SourceIndex, slices: readonly LedgerRange[]): number[] | undefined {
  if (index.kind !== 'ndjson') return undefined;
  const bytes = slices.map(() => 0);
  for (const [, , length, , start, end] of (index.data as NdjsonIndex).blocks)
    for (const [at, slice] of slices.entries()) {
      const common = Math.min(slice.end, end) - Math.max(slice.start, start) + 1;
      if (common > 0) bytes[at] = (bytes[at] ?? 0) + (length * common) / (end - start + 1);
    }
  return bytes.map(Math.round);
}
