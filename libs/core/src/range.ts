/** Stellar's ledger sequence is an unsigned 32-bit number; ledger 0 does not exist. */
export const MAX_LEDGER = 4_294_967_295;

/** An inclusive range of ledger sequences: both `start` and `end` belong to it. */
export interface LedgerRange {
  readonly start: number;
  readonly end: number;
}

/** Every ledger that there may be. */
export const ALL_LEDGERS: LedgerRange = { start: 1, end: MAX_LEDGER };

/** Number of ledgers in a range. */
export function rangeLength(range: LedgerRange): number {
  return range.end - range.start + 1;
}

/** Formats a range: `426000-426100`, or `426000` for one ledger. */
export function formatRange(range: LedgerRange): string {
  return range.start === range.end ? String(range.start) : `${range.start}-${range.end}`;
}

/** The intersection of two ranges, if any. */
export function intersectRange(a: LedgerRange, b: LedgerRange): LedgerRange | undefined {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start <= end ? { start, end } : undefined;
}
