import { type TimedRange, formatTimed } from '@parquetry/core';
import type { Output } from './output';

/** Where notes go. */
export type Noting = Pick<Output, 'note'>;

/** Prints ranges with their close times, if they are known. */
export function sayRanges(ranges: TimedRange[], output: Noting): TimedRange[] {
  for (const range of ranges) output.note(`Ledgers ${formatTimed(range)}.`);
  return ranges;
}
