import { type ErrorCode, type LedgerRange, ParquetryError, isParquetryError } from '@parquetry/core';
import type { StellarType } from '@parquetry/stellar';
import type { FeedLedger, LedgerFeed } from './feed';

/** Ledgers taken from another feed before the first one is asked again. */
const DETOUR = 16;

/** Faults that say: this feed does not have the ledger, or not now. Damage is not among them: it needs a person. */
const ABSENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LEDGER_MISSING',
  'SOURCE_OUT_OF_RANGE',
  'SOURCE_NOT_READY',
  'SOURCE_UNREACHABLE',
  'STORAGE_UNREACHABLE',
]);

/**
 * Several feeds of one network: each ledger comes from the first one that has it. The chain of hashes that every pull
 * checks goes across them.
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
        `The sources are of ${networks.length} networks: ${networks.join(', ')}.`,
        {
          hint: 'Name sources of one network.',
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

  /** What the feeds before it lack the last one must have. */
  async assertRange({ start, end }: LedgerRange, signal?: AbortSignal): Promise<void> {
    let from = start;
    for (const feed of this.feeds.slice(0, -1)) {
      const [first] = await this.each((each) => each.first(signal), [feed]);
      const [tip] = await this.each((each) => each.tip(signal), [feed]);
      if (first !== undefined && tip !== undefined && first <= from) from = Math.max(from, tip + 1);
    }
    if (from <= end) await this.feeds.at(-1)?.assertRange({ start: from, end }, signal);
  }

  /** What one feed lacks the next may have; `ledgers` says when none has it. */
  assertWhole(): Promise<void> {
    return Promise.resolve();
  }

  async *ledgers(
    range: LedgerRange,
    types: readonly StellarType[],
    signal?: AbortSignal,
  ): AsyncGenerator<FeedLedger> {
    let next = range.start;
    let before = 0;
    while (next <= range.end) {
      const faults: ParquetryError[] = [];
      for (const [index, feed] of this.feeds.entries()) {
        const from = next;
        const end = index === 0 ? range.end : Math.min(range.end, next + DETOUR - 1);
        let bytesRead = 0;
        try {
          for await (const item of feed.ledgers({ start: from, end }, types, signal)) {
            bytesRead = item.bytesRead;
            // The ledger before the range is welcome, the one before a change of feeds was given already.
            if (item.sequence < (next === range.start ? next - 1 : next)) continue;
            yield { ...item, bytesRead: before + bytesRead };
            next = Math.max(next, item.sequence + 1);
          }
        } catch (error) {
          signal?.throwIfAborted();
          if (!isParquetryError(error) || !ABSENT.has(error.code)) throw error;
          faults.push(error);
        } finally {
          before += bytesRead;
        }
        if (next > from) break;
      }
      if (faults.length === this.feeds.length) throw nowhere(next, faults);
    }
  }

  /** What the feeds that can be reached say; fails only when none can. */
  private async each<T>(ask: (feed: LedgerFeed) => Promise<T>, feeds = this.feeds): Promise<T[]> {
    const answers = await Promise.allSettled(feeds.map(ask));
    const faults = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    const final = faults.find((fault) => !isParquetryError(fault) || !ABSENT.has(fault.code));
    if (final !== undefined) throw final;
    if (faults.length === answers.length) throw faults[0];
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }
}

/** A fault that may pass counts most: then the step is tried again. */
function nowhere(ledger: number, faults: readonly ParquetryError[]): ParquetryError {
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
