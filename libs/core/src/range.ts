import { ParquetryError } from './errors';

/** Stellar's ledger sequence is an unsigned 32-bit number; ledger 0 does not exist. */
export const MAX_LEDGER = 4_294_967_295;

/** An inclusive range of ledger sequences: both `start` and `end` belong to it. */
export interface LedgerRange {
  readonly start: number;
  readonly end: number;
}

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

/**
 * Parses a range as people type it: `426000-426100` or `426000:426100` (both ends inclusive), `426000` for one ledger,
 * `_` or `,` as digit separators (`63_092_982-63_092_991`).
 * @throws ParquetryError RANGE_INVALID
 */
export function parseLedgerRange(text: string): LedgerRange {
  const parts = text.trim().replaceAll(/[_,]/g, '').split(/[-:]/);
  const bad = (why: string, hint = 'Write an inclusive range such as 426000-426100.'): never => {
    throw new ParquetryError('RANGE_INVALID', `"${text}" is not a ledger range: ${why}.`, { hint });
  };
  if (parts.length > 2 || parts.some((part) => !/^\d{1,10}$/.test(part)))
    return bad('expected one or two whole numbers');
  const start = Number(parts[0]);
  const end = Number(parts[1] ?? parts[0]);
  if (start < 1) return bad('the first ledger of Stellar is 1');
  if (end > MAX_LEDGER) return bad(`ledgers end at ${MAX_LEDGER}`);
  if (end < start)
    return bad(`it ends (${end}) before it starts (${start})`, `Did you mean ${end}-${start}?`);
  return { start, end };
}
