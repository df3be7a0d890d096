import type { LedgerRange } from './range';

/** Ledgers in a row whose close times are read together: an object of a lake, a file of an archive. */
export interface LedgerBlock extends LedgerRange {
  /** Close times of its first and its last ledger, Unix seconds. */
  readonly first: number;
  readonly last: number;
  /** Close time of one of its ledgers; undefined if it is unknown. */
  timeOf(ledger: number): Promise<number | undefined>;
  /** Its first ledger that closed at or after a time; undefined if there is none. */
  find(seconds: number): Promise<number | undefined>;
}

/** Ledgers with their close times, which grow with the ledgers. */
export interface LedgerTimes {
  /** As the object of a sentence: `the source galexie:./lake`. */
  readonly name: string;
  /** The first and the newest ledger; undefined if there are none. */
  bounds(): Promise<LedgerRange | undefined>;
  /** The first block with a ledger of a range; undefined if there is none. */
  read(range: LedgerRange): Promise<LedgerBlock | undefined>;
  /** The last block, if it need not have the newest ledger: ledgers without rows have no close time. */
  newest?(): Promise<LedgerBlock | undefined>;
  /** The first ledgers of a range between two blocks that are missing; absent: all of them are. */
  missing?(range: LedgerRange): LedgerRange | undefined;
}

/** Where a time is among the ledgers. `ledger` is the first one that closed at or after it. */
export type TimePlace =
  | { readonly kind: 'at'; readonly ledger: number }
  /** At or before the close of the first ledger; it may have closed later than the time. */
  | { readonly kind: 'before'; readonly ledger: number; readonly closed: number }
  /** After the close of the newest ledger. */
  | { readonly kind: 'after'; readonly newest: number; readonly closed: number }
  /** Between ledgers that are missing. */
  | { readonly kind: 'gap'; readonly ledger: number; readonly missing: LedgerRange };

/**
 * Finds ledgers by their close times, with few reads: it guesses from the times it knows, and halves what is left when
 * the guesses are bad. Blocks that were read are kept.
 */
export class TimeSearch {
  private readonly blocks: LedgerBlock[] = [];

  private constructor(
    readonly times: LedgerTimes,
    readonly bounds: LedgerRange,
    private readonly first: LedgerBlock,
    private readonly newest: LedgerBlock,
  ) {
    this.blocks.push(first, newest);
  }

  /** Undefined if there are no ledgers. */
  static async open(times: LedgerTimes): Promise<TimeSearch | undefined> {
    const bounds = await times.bounds();
    if (bounds === undefined) return undefined;
    const first = await times.read(bounds);
    if (first === undefined) return undefined;
    const end = { start: bounds.end, end: bounds.end };
    const newest = await (times.newest === undefined ? times.read(end) : times.newest());
    return new TimeSearch(times, bounds, first, newest ?? first);
  }

  /** Close time of a ledger; undefined if the ledger or its time is missing. */
  async timeOf(ledger: number): Promise<number | undefined> {
    const known = this.blocks.find(({ start, end }) => start <= ledger && ledger <= end);
    const block = known ?? (await this.read({ start: ledger, end: ledger }));
    return block !== undefined && block.start <= ledger ? block.timeOf(ledger) : undefined;
  }

  /** Close times of the first and the newest ledger. */
  get span(): { readonly first: number; readonly last: number } {
    return { first: this.first.first, last: this.newest.last };
  }

  /** The first ledger that closed at or after a time. */
  async find(seconds: number): Promise<TimePlace> {
    const { first, newest } = this;
    if (seconds <= first.first) return { kind: 'before', ledger: first.start, closed: first.first };
    if (seconds > newest.last) return { kind: 'after', newest: newest.end, closed: newest.last };
    let [low, high] = [first, newest];
    for (const block of this.blocks) {
      if (block.first < seconds && block.start > low.start) low = block;
      if (block.last >= seconds && block.start < high.start) high = block;
    }
    // From here on: low.first < seconds <= high.last, and no ledger is known to be above `top` and below `high`.
    let top = high.start - 1;
    for (let tries = 0; ; tries++) {
      if (seconds > high.first) return { kind: 'at', ledger: (await high.find(seconds)) ?? high.end + 1 };
      const inside = seconds <= low.last ? await low.find(seconds) : undefined;
      if (inside !== undefined) return { kind: 'at', ledger: inside };
      if (low.end >= top) return this.between(low, high, seconds);
      const start = guess(low, high, top, seconds, tries);
      const block = await this.read({ start, end: top });
      if (block !== undefined && block.first < seconds) low = block;
      else {
        top = Math.min(start, block?.start ?? start) - 1;
        high = block ?? high;
      }
    }
  }

  private between(low: LedgerBlock, high: LedgerBlock, seconds: number): TimePlace {
    const range = { start: low.end + 1, end: high.start - 1 };
    const { missing = (whole: LedgerRange) => whole } = this.times;
    // A ledger that closed at that very time is the first one, whatever is missing before it.
    const gap = range.start > range.end || high.first === seconds ? undefined : missing(range);
    return gap === undefined
      ? { kind: 'at', ledger: high.start }
      : { kind: 'gap', ledger: high.start, missing: gap };
  }

  private async read(range: LedgerRange): Promise<LedgerBlock | undefined> {
    const block = await this.times.read(range);
    if (block !== undefined) this.blocks.push(block);
    return block;
  }
}

/** The ledger above `low` and up to `top` to read next. */
function guess(low: LedgerBlock, high: LedgerBlock, top: number, seconds: number, tries: number): number {
  const [from, width] = [low.end + 1, top - low.end];
  // In the worst case every third read halves what is left.
  if (tries % 3 === 2) return from + Math.floor(width / 2);
  const share = (seconds - low.last) / (high.first - low.last);
  // The first guess comes close to one side; the second goes beyond the place, so that it lies between the two.
  const near = share <= 0.5 ? share * 2 : 1 - (1 - share) * 2;
  const part = tries % 3 === 0 ? share : near;
  return Math.min(top, Math.max(from, from + Math.round((high.start - low.end) * part) - 1));
}

/**
 * A block whose close times are all in memory.
 * @param closes ledgers in order with their close times in Unix seconds, at least one; others of the range have none
 */
export function ledgerBlock(
  range: LedgerRange,
  closes: readonly (readonly [ledger: number, seconds: number])[],
): LedgerBlock {
  return {
    ...range,
    first: closes[0]?.[1] ?? Number.NaN,
    last: closes.at(-1)?.[1] ?? Number.NaN,
    timeOf: (ledger) => Promise.resolve(closes.find(([each]) => each === ledger)?.[1]),
    find: (seconds) => Promise.resolve(closes.find(([, closed]) => closed >= seconds)?.[0]),
  };
}
