import { ParquetryError } from './errors';
import { mergeIntervals } from './intervals';
import { type LedgerRange, MAX_LEDGER, formatRange } from './range';
import { type RangePoint, type RangeText, plainRange } from './rangetext';
import { type LedgerTimes, type TimePlace, TimeSearch } from './timesearch';

/** A range with the close times of its first and last ledger, Unix seconds, where they are known. */
export interface TimedRange extends LedgerRange {
  readonly closed?: { readonly first: number; readonly last: number };
}

/** How ranges are resolved. */
export interface ResolveOptions {
  /**
   * What to do with a time outside the known ledgers, or between ledgers that are missing. `refuse`: it is an error,
   * because ledgers that belong to the range may be elsewhere. `clip`: the range has the ledgers that are known.
   */
  readonly edges: 'refuse' | 'clip';
  /** Also find the close times of ranges that are written in numbers. */
  readonly timed?: boolean;
}

/**
 * The ledgers of ranges, sorted, without overlaps. Opens `times` only if a range is not written in ledger numbers
 * alone.
 * @throws ParquetryError RANGE_INVALID, and the errors of `times`
 */
export async function resolveRanges(
  texts: readonly RangeText[],
  open: () => Promise<LedgerTimes>,
  { edges, timed = false }: ResolveOptions,
): Promise<TimedRange[]> {
  const plain = texts.map(plainRange);
  if (!timed && plain.every((range) => range !== undefined)) return mergeIntervals(plain);
  const times = await open();
  const search = await TimeSearch.open(times);
  const ranges: LedgerRange[] = [];
  for (const [index, text] of texts.entries())
    ranges.push(plain[index] ?? (await new Resolver(some(search, times, text.text), text, edges).range()));
  const merged: TimedRange[] = [];
  for (const range of mergeIntervals(ranges)) {
    const first = await search?.timeOf(range.start);
    const last = await search?.timeOf(range.end);
    merged.push(first === undefined || last === undefined ? range : { ...range, closed: { first, last } });
  }
  return merged;
}

/**
 * The ledger of a point. As a start, a time is the first ledger that closed at or after it; as an end, the last one that
 * closed before it ends, so that a date includes its whole day.
 * @throws as `resolveRanges`
 */
export async function resolvePoint(
  point: RangePoint,
  text: string,
  as: 'start' | 'end',
  open: () => Promise<LedgerTimes>,
): Promise<number> {
  if (point.kind === 'ledger') return point.ledger;
  const times = await open();
  const search = some(await TimeSearch.open(times), times, text);
  const resolver = new Resolver(search, { text, start: point, end: point }, 'refuse');
  return as === 'start' ? resolver.start(point) : resolver.end(search.bounds.start, undefined, point);
}

function some(search: TimeSearch | undefined, { name }: LedgerTimes, text: string): TimeSearch {
  if (search !== undefined) return search;
  throw new ParquetryError('RANGE_INVALID', `"${text}" can't be resolved: ${name} has no ledgers.`);
}

class Resolver {
  constructor(
    private readonly search: TimeSearch,
    private readonly written: RangeText,
    private readonly edges: ResolveOptions['edges'],
  ) {}

  async range(): Promise<LedgerRange> {
    const { start: from, end: to, text } = this.written;
    const { bounds } = this.search;
    const start = from === undefined ? bounds.start : await this.start(from);
    const end = await this.end(start, from, to);
    if (end >= start) return { start, end };
    const empty = from?.kind === 'time' ? 'no ledger closed in that time' : 'it ends before it starts';
    return this.fail(`${empty} (ledger ${start} would follow ${end})`, `Check the ends of ${text}.`);
  }

  async start(point: RangePoint): Promise<number> {
    return point.kind === 'time' ? this.after(point.from, 'starts') : this.ledger(point);
  }

  async end(start: number, from: RangeText['start'], to: RangeText['end']): Promise<number> {
    if (to.kind === 'count') return Math.min(start + to.ledgers - 1, MAX_LEDGER);
    if (to.kind === 'time') return (await this.after(to.until, 'ends')) - 1;
    if (to.kind !== 'span') return this.ledger(to);
    const begin = from?.kind === 'time' ? from.from : await this.search.timeOf(start);
    if (begin === undefined) return this.fail(`the close time of ledger ${start} is unknown`);
    return (await this.after(begin + to.seconds, 'ends')) - 1;
  }

  private ledger(point: Exclude<RangePoint, { kind: 'time' }>): number {
    if (point.kind === 'ledger') return point.ledger;
    const { start, end } = this.search.bounds;
    if (end - point.back >= start) return end - point.back;
    return this.edges === 'clip'
      ? start
      : this.fail(`ledger ${end} is the newest, and ${start} the first, of ${this.search.times.name}`);
  }

  /** The first ledger that closed at or after a time. */
  private async after(seconds: number, what: 'starts' | 'ends'): Promise<number> {
    const place = await this.search.find(seconds);
    if (place.kind === 'at') return place.ledger;
    const { first, last } = this.search.span;
    const { bounds } = this.search;
    const outside = what === 'starts' ? seconds > last : seconds <= first;
    if (place.kind === 'before' && !outside && this.isStart(place, seconds)) return place.ledger;
    if (this.edges === 'clip' && !outside) return place.kind === 'after' ? bounds.end + 1 : place.ledger;
    const { name } = this.search.times;
    if (place.kind === 'gap')
      return this.fail(
        `it ${what} at ${formatTime(seconds)} UTC, where ${name} has no ledgers ${formatRange(place.missing)}`,
        `Give a ledger instead: ${place.missing.start} to ${place.missing.end + 1} are the choices.`,
      );
    return this.fail(
      `it ${what} at ${formatTime(seconds)} UTC, and ${name} has ledgers ${formatRange(bounds)}, closed ${formatSpan({ first, last })}`,
      place.kind === 'before'
        ? 'Leave out the start, as in `:latest`, to begin at the first ledger.'
        : 'Write `latest` as the end to stop at the newest ledger.',
    );
  }

  /** Whether no ledger can be missing before the first one that is known. */
  private isStart({ ledger, closed }: TimePlace & { kind: 'before' }, seconds: number): boolean {
    return closed === seconds || ledger <= 2;
  }

  private fail(why: string, hint?: string): never {
    throw new ParquetryError('RANGE_INVALID', `"${this.written.text}" can't be resolved: ${why}.`, {
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** Unix seconds as `2025-07-13 09:00:00`. */
function formatTime(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

function formatSpan({ first, last }: NonNullable<TimedRange['closed']>): string {
  const [from, to] = [formatTime(first), formatTime(last)];
  if (from === to) return `${from} UTC`;
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} UTC`;
}

/** `426000-426100, closed 2025-07-13 23:30:00 to 23:45:00 UTC`; without times if they are unknown. */
export function formatTimed(range: TimedRange): string {
  return range.closed === undefined
    ? formatRange(range)
    : `${formatRange(range)}, closed ${formatSpan(range.closed)}`;
}
