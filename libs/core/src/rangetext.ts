import { ParquetryError } from './errors';
import { type LedgerRange, MAX_LEDGER } from './range';

/** A point on the line of ledgers. Times are Unix seconds. */
export type RangePoint =
  | { readonly kind: 'ledger'; readonly ledger: number }
  /** The newest ledger, or a number of ledgers before it. */
  | { readonly kind: 'latest'; readonly back: number }
  /** A day, or the second that a time names: from `from` until before `until`. */
  | { readonly kind: 'time'; readonly from: number; readonly until: number };

/** Where a range ends: at a point, or a number of ledgers or seconds after its start. */
type RangeEnd =
  | RangePoint
  | { readonly kind: 'count'; readonly ledgers: number }
  | { readonly kind: 'span'; readonly seconds: number };

/** A range as it is written, before it is resolved. Without a start it begins at the first ledger there is. */
export interface RangeText {
  readonly text: string;
  readonly start?: RangePoint;
  readonly end: RangeEnd;
}

const DAY = 86_400;
const SECONDS = { s: 1, m: 60, h: 3600, d: DAY } as const;
const UNITS = { '': 1n, k: 1_000n, M: 1_000_000n } as const;

/** Parts of a range; a time may be wrong in its details, so that the error can say how. */
const NUMBER = String.raw`[\d_]+(?:\.\d+)?[kM]?`;
const TIME = String.raw`@[\d-]+(?:T[\d:.]*\d)?(?:Z|[+-]\d\d:?\d\d)?`;
const POINT = `(?:${NUMBER}|latest(?:-${NUMBER})?|${TIME})`;
const SPAN = String.raw`\+${NUMBER}[smhd]?`;
const PAIR = new RegExp(`^(${POINT})?:(${POINT}|${SPAN})$`);
const NUMBERS = new RegExp(`^(${NUMBER})-(${NUMBER})$`);
const ONE = new RegExp(`^${POINT}$`);

/** Digits in groups of three, such as `63,092,982`, which could also be several ledgers. */
const GROUPED = /^(?=.*,)\d{1,3}(?:,\d{3})*(?:[-:]\d{1,3}(?:,\d{3})*)?$/;

const HINT =
  'Write an inclusive range such as 426000-426100, 426000:+100, latest-1000:latest or @2025-07-13; `parquetry help ranges` shows all forms.';

/** The parts of a range, or why there are none. */
class Reader {
  constructor(
    private readonly text: string,
    private readonly what: string,
  ) {}

  fail(why: string, hint = HINT): never {
    throw new ParquetryError('RANGE_INVALID', `"${this.text.slice(0, 200)}" is not ${this.what}: ${why}.`, {
      hint,
    });
  }

  range(): RangeText {
    const { text } = this;
    const [, first, last] = NUMBERS.exec(text) ?? PAIR.exec(text) ?? [];
    if (last === undefined) {
      if (!ONE.test(text)) this.fail(whyNot(text));
      const point = this.point(text);
      if (point.kind === 'time' && point.until - point.from < DAY)
        this.fail('it is one moment', `Add an end: ${text}:+2h or ${text}:latest.`);
      return { text, start: point, end: point };
    }
    const end = this.end(last);
    if (first === undefined) return { text, end };
    const start = this.point(first);
    this.assertOrder(start, end);
    return { text, start, end };
  }

  point(text: string): RangePoint {
    if (text.startsWith('@')) return this.time(text);
    if (!text.startsWith('latest')) return { kind: 'ledger', ledger: this.ledger(text) };
    return { kind: 'latest', back: text === 'latest' ? 0 : this.number(text.slice('latest-'.length)) };
  }

  private end(text: string): RangeEnd {
    if (!text.startsWith('+')) return this.point(text);
    const unit = text.at(-1) as keyof typeof SECONDS;
    const timed = unit in SECONDS;
    const number = this.number(text.slice(1, timed ? -1 : undefined));
    if (number < 1) this.fail(timed ? 'it has no time' : 'it has no ledgers');
    return timed ? { kind: 'span', seconds: number * SECONDS[unit] } : { kind: 'count', ledgers: number };
  }

  private ledger(text: string): number {
    const ledger = this.number(text);
    if (ledger < 1) this.fail('the first ledger of Stellar is 1');
    if (ledger > MAX_LEDGER) this.fail(`ledgers end at ${MAX_LEDGER}`);
    return ledger;
  }

  /** A whole number such as `426000`, `63.09M` or `10k`. */
  private number(text: string): number {
    const plain = text.replaceAll('_', '');
    const [, whole = '', digits = '', unit = ''] = /^(\d{1,10})(?:\.(\d{1,6}))?([kM]?)$/.exec(plain) ?? [];
    const scaled = BigInt(whole + digits) * UNITS[unit as keyof typeof UNITS];
    const divisor = 10n ** BigInt(digits.length);
    if (whole === '' || scaled % divisor !== 0n) this.fail(`${text} is not a whole number of ledgers`);
    return Number(scaled / divisor);
  }

  private time(text: string): RangePoint {
    const found = /^@(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?(Z)?)?$/.exec(text);
    if (found === null) this.fail(`write a date as 2025-07-13 and a time as 2025-07-13T09:00Z, not ${text}`);
    const [year, month, day, hour, minute, second] = found
      .slice(1, 7)
      .map((part) => (part === undefined ? undefined : Number(part)));
    if (hour !== undefined && found[7] === undefined) this.fail(`times are in UTC: write ${text}Z`);
    const millis = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour ?? 0, minute ?? 0, second ?? 0);
    const iso = new Date(millis).toISOString();
    const same =
      iso.startsWith(text.slice(1, 11)) &&
      (hour === undefined || iso.slice(11, 19) === `${text.slice(12, 17)}:${found[6] ?? '00'}`);
    if (!same) this.fail(`there is no ${text.slice(1)} in the calendar`);
    const from = millis / 1000;
    return { kind: 'time', from, until: from + (hour === undefined ? DAY : 1) };
  }

  private assertOrder(start: RangePoint, end: RangeEnd): void {
    const { kind } = start;
    if (kind === 'ledger' && end.kind === 'count' && start.ledger + end.ledgers - 1 > MAX_LEDGER)
      this.fail(`ledgers end at ${MAX_LEDGER}`);
    if (kind === 'ledger' && end.kind === 'ledger' && end.ledger < start.ledger)
      this.fail(
        `it ends (${end.ledger}) before it starts (${start.ledger})`,
        `Did you mean ${end.ledger}-${start.ledger}?`,
      );
    if (
      (kind === 'time' && end.kind === 'time' && end.until <= start.from) ||
      (kind === 'latest' && end.kind === 'latest' && end.back > start.back)
    )
      this.fail(
        'it ends before it starts',
        `Did you mean ${this.text.replace(/^(.+Z|[^:]+):(.+)$/, '$2:$1')}?`,
      );
  }
}

function whyNot(text: string): string {
  if (text === '') return 'it is empty';
  if (/latest\+|latest:\+/.test(text)) return 'there are no ledgers after latest';
  if (/:$/.test(text)) return 'it has no end; write :latest for the newest ledger';
  if (/(latest|@).*-(latest|@)/.test(text)) return 'put a colon between its ends';
  return 'expected one or two ledgers, times or latest';
}

/**
 * Parses ranges as people type them, separated by commas: `426000-426100`, `63.09M:+10k`, `latest-1000:latest`,
 * `:latest`, `@2025-07-13`, `@2025-07-01:@2025-07-08`, `@2025-07-13T09:00Z:+2h`. Both ends are inclusive; a date as an
 * end means its whole day, in UTC. `k` and `M` are thousands and millions, `_` separates digits.
 * @throws ParquetryError RANGE_INVALID
 */
export function parseRanges(text: string): RangeText[] {
  if (GROUPED.test(text))
    new Reader(text, 'a ledger range').fail(
      'a comma separates ranges, not digits',
      `Write ${text.replaceAll(',', '_')}, or ${text.replaceAll(',', ', ')} for several ranges.`,
    );
  return text.split(',').map((part) => new Reader(part.trim(), 'a ledger range').range());
}

/** Parses one point of `parseRanges`: a ledger, `latest-1000`, `@2025-07-13`. @throws ParquetryError RANGE_INVALID */
export function parsePoint(text: string): RangePoint {
  const reader = new Reader(text.trim(), 'a ledger');
  if (!ONE.test(text.trim())) reader.fail('expected a ledger, latest or a time');
  return reader.point(text.trim());
}

/** The range, if it is written in ledger numbers alone. */
export function plainRange({ start, end }: RangeText): LedgerRange | undefined {
  if (start?.kind !== 'ledger') return undefined;
  if (end.kind === 'ledger') return { start: start.ledger, end: end.ledger };
  return end.kind === 'count' ? { start: start.ledger, end: start.ledger + end.ledgers - 1 } : undefined;
}
