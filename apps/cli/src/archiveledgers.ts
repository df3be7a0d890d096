import { type Archive, archiveTimes } from '@parquetry/archive';
import {
  type LedgerRange,
  type ResolveOptions,
  type TimedRange,
  parseRanges,
  plainRange,
  resolveRanges,
} from '@parquetry/core';
import { type Noting, sayRanges } from './sayranges';

/**
 * The ranges of `--ledgers` for a command that reads an archive, sorted and merged; undefined without the option.
 * Opens the archive only if a range is not written in numbers.
 * Times and `latest` are those of the committed ledgers. Prints ranges that are not written in numbers.
 * @param datasets datasets to consider; absent for all
 * @throws ParquetryError RANGE_INVALID
 */
export async function archiveRanges(
  open: () => Promise<Archive>,
  ledgers: string | undefined,
  output: Noting,
  { datasets, edges = 'clip' }: { readonly datasets?: readonly string[] } & Partial<ResolveOptions> = {},
): Promise<TimedRange[] | undefined> {
  if (ledgers === undefined) return undefined;
  const texts = parseRanges(ledgers);
  const ranges = await resolveRanges(texts, async () => archiveTimes(await open(), datasets), { edges });
  return texts.every((text) => plainRange(text) !== undefined) ? ranges : sayRanges(ranges, output);
}

/** The ledgers from the first to the last of the ranges, for a picture of them. @throws as `archiveRanges` */
export async function archiveSpan(
  open: () => Promise<Archive>,
  ledgers: string | undefined,
  output: Noting,
): Promise<LedgerRange | undefined> {
  const ranges = await archiveRanges(open, ledgers, output);
  const [first, last] = [ranges?.[0], ranges?.at(-1)];
  return first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
}
