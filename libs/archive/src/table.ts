import { type Intervals, type LedgerRange, mergeIntervals, ParquetryError } from '@parquetry/core';
import type { AddFile } from './delta/actions';
import { SEGMENT_TAG, type TableState } from './delta/state';
import { segmentRange } from './segment';

/** The domain with the covered ledgers of a table. */
export const COVERAGE_DOMAIN = 'parquetry.coverage';

/** Prefix of the domains that record segments without files. */
export const SEGMENT_DOMAIN = 'parquetry.segment.';

/** Tags on an `add`. */
export const TAGS = {
  /** Id of the file's segment. */
  segment: SEGMENT_TAG,
  sha256: 'parquetry.sha256',
  /** `{start}-{end}`: ledgers the file covers. */
  ledgers: 'parquetry.ledgers',
  /** What closed the file: rows, bytes, age, layout_edge or range_end. */
  reason: 'parquetry.reason',
} as const;

/** A live segment of the table. */
export interface LiveSegment {
  readonly id: string;
  readonly range: LedgerRange;
  /** None for a segment without rows. */
  readonly files: readonly AddFile[];
}

/** The ledgers that the table covers, those of empty segments included. @throws ParquetryError LOG_CORRUPT */
export function tableCoverage(state: TableState): Intervals {
  const text = state.domains.get(COVERAGE_DOMAIN);
  if (text === undefined) return [];
  try {
    const { ranges } = JSON.parse(text) as { ranges: readonly (readonly [number, number])[] };
    return mergeIntervals(
      ranges.map(([start, end]) => {
        if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start > end)
          throw new Error(`${start}-${end}`);
        return { start, end };
      }),
    );
  } catch (cause) {
    throw new ParquetryError(
      'LOG_CORRUPT',
      `The table's ${COVERAGE_DOMAIN} is not a list of ledger ranges.`,
      { cause },
    );
  }
}

/** The configuration of the coverage domain. */
export function formatCoverage(coverage: Intervals): string {
  return JSON.stringify({ ranges: coverage.map(({ start, end }) => [start, end]) });
}

/** The domain that records a segment without files; the tags of files record the other segments. */
export function emptySegmentDomain(range: LedgerRange): string {
  return `${SEGMENT_DOMAIN}${range.start}-${range.end}`;
}

/** The segments of the table in ledger order, by the tags of its files and the domains of its empty segments. */
export function liveSegments(state: TableState): LiveSegment[] {
  const files = new Map<string, AddFile[]>();
  for (const file of state.files.values()) {
    const id = file.tags?.[TAGS.segment];
    if (id === undefined) continue;
    const found = files.get(id);
    if (found === undefined) files.set(id, [file]);
    else found.push(file);
  }
  for (const [domain, id] of state.domains)
    if (domain.startsWith(SEGMENT_DOMAIN) && !files.has(id)) files.set(id, []);
  return [...files]
    .flatMap(([id, list]) => {
      const range = segmentRange(id);
      return range === undefined ? [] : [{ id, range, files: list }];
    })
    .sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
}

/** The ledgers that one of our files covers, from its tag. */
export function fileRange(file: AddFile): LedgerRange | undefined {
  const match = /^(\d{1,10})-(\d{1,10})$/.exec(file.tags?.[TAGS.ledgers] ?? '');
  return match === null ? undefined : { start: Number(match[1]), end: Number(match[2]) };
}
