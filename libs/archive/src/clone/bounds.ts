import { formatRange, type Intervals, type LedgerRange, ParquetryError } from '@parquetry/core';

/** A segment that a range may cut. */
interface Piece {
  readonly dataset: string;
  readonly range: LedgerRange;
}

/**
 * Refuses ranges that cut a segment, because its record and its proof cover all of its ledgers.
 * @throws ParquetryError RANGE_INVALID naming the next bounds that fit, wider and narrower
 */
export function assertFits(ranges: Intervals, segments: readonly Piece[]): void {
  for (const range of ranges) {
    const cut = segments.find((segment) => cuts(range, segment.range));
    if (cut === undefined) continue;
    const bounds = [wider(range, segments), narrower(range, segments)].flatMap((found) =>
      found === undefined ? [] : [formatRange(found)],
    );
    throw new ParquetryError(
      'RANGE_INVALID',
      `Ledgers ${formatRange(range)} cut the segment ${formatRange(cut.range)} of ${cut.dataset}, which is copied as a whole.`,
      {
        details: { start: range.start, end: range.end, dataset: cut.dataset, fits: bounds },
        hint: `The next ranges that fit: ${bounds.join(' or ')}.`,
      },
    );
  }
}

function cuts(range: LedgerRange, piece: LedgerRange): boolean {
  const meet = piece.start <= range.end && piece.end >= range.start;
  return meet && (piece.start < range.start || piece.end > range.end);
}

function wider(range: LedgerRange, segments: readonly Piece[]): LedgerRange {
  let { start, end } = range;
  for (let before = ''; before !== `${start}-${end}`;) {
    before = `${start}-${end}`;
    for (const { range: piece } of segments)
      if (cuts({ start, end }, piece))
        [start, end] = [Math.min(start, piece.start), Math.max(end, piece.end)];
  }
  return { start, end };
}

function narrower(range: LedgerRange, segments: readonly Piece[]): LedgerRange | undefined {
  let { start, end } = range;
  for (let before = ''; before !== `${start}-${end}`;) {
    before = `${start}-${end}`;
    for (const { range: piece } of segments) {
      if (start > end) return undefined;
      if (!cuts({ start, end }, piece)) continue;
      if (piece.start < start) start = piece.end + 1;
      else end = piece.start - 1;
    }
  }
  return start > end ? undefined : { start, end };
}
