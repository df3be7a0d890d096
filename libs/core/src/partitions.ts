import { ParquetryError } from './errors';
import type { LedgerRange } from './range';

/**
 * The partition that begins at `cursor`: it ends at the next multiple of `size` or at the end of `range`, so that runs
 * with different starts share their inner boundaries. The first and last partition may be short; none is dropped.
 */
export function partitionAt(range: LedgerRange, size: number, cursor: number): LedgerRange | undefined {
  if (cursor > range.end) return undefined;
  const start = Math.max(cursor, range.start);
  const edge = (Math.floor(start / size) + 1) * size - 1;
  return { start, end: Math.min(edge, range.end) };
}

/** All partitions of a range as a generator: a run of a million partitions never has all of them in memory. */
export function* partitionsOf(range: LedgerRange, size: number): Generator<LedgerRange> {
  assertPartitionSize(size);
  for (let part = partitionAt(range, size, range.start); part; part = partitionAt(range, size, part.end + 1))
    yield part;
}

/** How many partitions a range has. */
export function countPartitions(range: LedgerRange, size: number): number {
  return Math.floor(range.end / size) - Math.floor(range.start / size) + 1;
}

/** @throws ParquetryError CONFIG_INVALID */
export function assertPartitionSize(size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > 10_000_000)
    throw new ParquetryError(
      'CONFIG_INVALID',
      `A partition size is a whole number of ledgers from 1 to 10000000, not ${size}.`,
    );
}
