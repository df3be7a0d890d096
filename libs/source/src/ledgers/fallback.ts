import {
  type ErrorCode,
  type LedgerRange,
  type LedgerTimes,
  ParquetryError,
  isParquetryError,
} from '@parquetry/core';
import type { StellarType } from '@parquetry/stellar';
import { boundsOf, type FeedLedger, type LedgerFeed, type ReadOptions } from './feed';

/** Ledgers to read from a fallback feed before the first feed is tried again. */
const FALLBACK_LEDGERS = 16;

/** Errors after which the next feed is tried: the ledger is absent or the feed unavailable. Damaged data is not one. */
const UNAVAILABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LEDGER_MISSING',
  'SOURCE_OUT_OF_RANGE',
  'SOURCE_NOT_READY',
  'SOURCE_UNREACHABLE',
  'STORAGE_UNREACHABLE',
]);

/**
 * Several feeds of one network. Each ledger comes from the first feed that has it. A pull checks the chain of hashes
 * across all feeds.
 */
export class FallbackFeed implements LedgerFeed {
  readonly kind = 'fallback';
  readonly uri: string;
  readonly config: { readonly feeds: readonly unknown[] };
  readonly network?: string;

  /** @throws ParquetryError SOURCE_INVALID for feeds of different networks */
  constructor(private readonly feeds: readonly LedgerFeed[]) {
    this.uri = feeds.map(({ uri }) => uri).join(',');
    this.config = { feeds: feeds.map(({ config }) => config) };
    const networks = [...new Set(feeds.flatMap(({ network }) => network ?? []))];
    if (networks.length > 1)
      throw new ParquetryError(
        'SOURCE_INVALID',
        `The sources belong to ${networks.length} networks: ${networks.join(', ')}.`,
        {
          hint: 'Use sources of the same network.',
        },
      );
    const [network] = networks;
    if (network !== undefined) this.network = network;
  }

  async first(signal?: AbortSignal): Promise<number | undefined> {
    return least(await this.each((feed) => feed.first(signal)));
  }

  async tip(signal?: AbortSignal): Promise<number | undefined> {
    return most(await this.each((feed) => feed.tip(signal)));
  }

  /** A read asks one feed after another, until one has the first ledger of the range. */
  times(signal?: AbortSignal): LedgerTimes {
    const all = this.feeds.map((feed) => feed.times(signal));
    const known = new Map(all.map((times) => [times, times.bounds()]));
    for (const bounds of known.values()) bounds.catch(() => undefined);
    return {
      name: `the source ${this.uri}`,
      bounds: () => boundsOf(this, signal),
      read: async (range) => {
        const found = [];
        for (const times of all) {
          const block = await unlessUnavailable(known.get(times)?.then(() => times.read(range)));
          if (block !== undefined && block.start <= range.start) return block;
          if (block !== undefined) found.push(block);
        }
        return found.sort((a, b) => a.start - b.start)[0];
      },
    };
  }

  /** The last feed must have all ledgers that the earlier feeds don't have. */
  async assertRange({ start, end }: LedgerRange, signal?: AbortSignal): Promise<void> {
    let from = start;
    for (const feed of this.feeds.slice(0, -1)) {
      const [first] = await this.each((each) => each.first(signal), [feed]);
      const [tip] = await this.each((each) => each.tip(signal), [feed]);
      if (first !== undefined && tip !== undefined && first <= from) from = Math.max(from, tip + 1);
    }
    if (from <= end) await this.feeds.at(-1)?.assertRange?.({ start: from, end }, signal);
  }

  async *ledgers(
    range: LedgerRange,
    types: readonly StellarType[],
    options: ReadOptions = {},
  ): AsyncGenerator<FeedLedger> {
    let next = range.start;
    let before = 0;
    while (next <= range.end) {
      const faults: ParquetryError[] = [];
      for (const [index, feed] of this.feeds.entries()) {
        const from = next;
        const end = index === 0 ? range.end : Math.min(range.end, next + FALLBACK_LEDGERS - 1);
        let bytesRead = 0;
        try {
          for await (const item of feed.ledgers({ start: from, end }, types, options)) {
            bytesRead = item.bytesRead;
            // Pass on the ledger before the range, but not the one before a switch of feeds: it was yielded already.
            if (item.sequence < (next === range.start ? next - 1 : next)) continue;
            yield { ...item, bytesRead: before + bytesRead };
            next = Math.max(next, item.sequence + 1);
          }
        } catch (error) {
          options.signal?.throwIfAborted();
          if (!isParquetryError(error) || !UNAVAILABLE.has(error.code)) throw error;
          faults.push(error);
        } finally {
          before += bytesRead;
        }
        if (next > from) break;
      }
      if (faults.length === this.feeds.length) throw noFeedHas(next, faults);
    }
  }

  /** The results of all feeds that are reachable. Fails if none is reachable, or on a final error. */
  private async each<T>(call: (feed: LedgerFeed) => Promise<T>, feeds = this.feeds): Promise<T[]> {
    const answers = await Promise.allSettled(feeds.map(call));
    const faults = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    const final = faults.find((fault) => !isParquetryError(fault) || !UNAVAILABLE.has(fault.code));
    if (final !== undefined) throw final;
    if (faults.length === answers.length) throw faults[0];
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }
}

/** Undefined when a feed is unavailable. */
async function unlessUnavailable<T>(reading: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isParquetryError(error) && UNAVAILABLE.has(error.code)) return undefined;
    throw error;
  }
}

/** A retryable error takes precedence, so that the step is retried. */
function noFeedHas(ledger: number, faults: readonly ParquetryError[]): ParquetryError {
  const { code, hint } = (faults.find(({ retryable }) => retryable) ?? faults.at(-1)) as ParquetryError;
  return new ParquetryError(
    code,
    `No source has ledger ${ledger}: ${faults.map(({ message }) => message.replace(/\.$/, '')).join('; ')}.`,
    { details: { ledger }, ...(hint === undefined ? {} : { hint }) },
  );
}

function least(found: readonly (number | undefined)[]): number | undefined {
  const known = found.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function most(found: readonly (number | undefined)[]): number | undefined {
  const known = found.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
