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

const UNITS = { '': 1n, k: 1_000n, M: 1_000_000n } as const;

/** A whole number such as `426000`, `63.09M` or `10k`; undefined for other text. */
function wholeNumber(text: string): number | undefined {
  const match = /^(\d{1,10})(?:\.(\d{1,6}))?([kM]?)$/.exec(text);
  if (match === null) return undefined;
  const [, whole = '', digits = '', unit = ''] = match;
  const scaled = BigInt(whole + digits) * UNITS[unit as keyof typeof UNITS];
  const divisor = 10n ** BigInt(digits.length);
  return scaled % divisor === 0n ? Number(scaled / divisor) : undefined;
}

/**
 * Parses a range as people type it: `426000-426100` or `426000:426100` (both ends inclusive), `426000:+100` for 100
 * ledgers, `426000` for one ledger; `k` and `M` for thousands and millions (`63.09M:+10k`); `_` or `,` as digit
 * separators (`63_092_982-63_092_991`).
 * @throws ParquetryError RANGE_INVALID
 */
export function parseLedgerRange(text: string): LedgerRange {
  const [first = '', second, ...more] = text.trim().replaceAll(/[_,]/g, '').split(/[-:]/);
  const bad = (
    why: string,
    hint = 'Write an inclusive range such as 426000-426100, or 426000:+100 for 100 ledgers.',
  ): never => {
    throw new ParquetryError('RANGE_INVALID', `"${text}" is not a ledger range: ${why}.`, { hint });
  };
  const start = wholeNumber(first);
  const counted = second?.startsWith('+') === true;
  const last = second === undefined ? start : wholeNumber(counted ? second.slice(1) : second);
  if (start === undefined || last === undefined || more.length > 0)
    return bad('expected one or two whole numbers');
  if (counted && last < 1) return bad('it has no ledgers');
  const end = counted ? start + last - 1 : last;
  if (start < 1) return bad('the first ledger of Stellar is 1');
  if (end > MAX_LEDGER) return bad(`ledgers end at ${MAX_LEDGER}`);
  if (end < start)
    return bad(`it ends (${end}) before it starts (${start})`, `Did you mean ${end}-${start}?`);
  return { start, end };
}
