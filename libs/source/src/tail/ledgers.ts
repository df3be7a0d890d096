import { type LedgerRange, ParquetryError } from '@parquetry/core';
import {
  type DecodedLedger,
  KNOWN_NETWORKS,
  LedgerContext,
  type UnknownLedger,
  closeTimeMicros,
  detectNetwork,
  isStellarType,
  stellarRows,
  stellarSchemas,
} from '@parquetry/stellar';
import type { LedgerFeed } from '../ledgers/feed';
import type { SourceIndex } from '../source';
import type { LedgerFacts } from './flushrule';
import type { TailReader, TailView } from './reader';

/** Maximum ledgers read in one poll. */
const CHUNK = 64;

/** How to follow ledgers. */
export interface LedgerTailOptions {
  /** First ledger to read. */
  readonly cursor: number;
  /** Message types whose rows are counted. */
  readonly types: readonly string[];
  /** Number of newest ledgers to leave out. */
  readonly lag: number;
  /** The index in the tail's plan. */
  readonly index: SourceIndex;
  /** See `ReadOptions`. */
  readonly unknown?: 'keep' | undefined;
}

/** Follows a lake that another program appends to, or a node at the tip of its network. */
export function openLedgerTail(feed: LedgerFeed, options: LedgerTailOptions): TailReader {
  return new LedgerTail(feed, options);
}

class LedgerTail implements TailReader {
  private readonly facts: LedgerFacts[] = [];
  private next: number;
  private network: string | undefined;
  private tipTime: { ledger: number; closeTimeMicros: number } | undefined;

  constructor(
    private readonly feed: LedgerFeed,
    private readonly options: LedgerTailOptions,
  ) {
    this.network = options.index.network;
    this.next = options.cursor;
  }

  async look(signal?: AbortSignal): Promise<TailView> {
    const { cursor, lag } = this.options;
    const tip = await this.feed.tip(signal);
    if (tip === undefined) return { closed: cursor - 1, facts: [], more: false };
    const reach = tip - lag;
    const end = Math.min(reach, this.next + CHUNK - 1);
    if (end >= this.next) await this.read({ start: this.next, end }, tip, signal);
    return {
      tip: { ledger: tip, closeTimeMicros: await this.closeTime(tip, signal) },
      closed: this.next - 1,
      facts: this.facts,
      more: this.next <= reach,
    };
  }

  index(): Promise<SourceIndex> {
    return Promise.resolve(this.options.index);
  }

  private async read(range: LedgerRange, tip: number, signal?: AbortSignal): Promise<void> {
    await this.feed.assertWhole?.(range, tip);
    const types = this.options.types.filter(isStellarType);
    const { unknown } = this.options;
    for await (const item of this.feed.ledgers(range, types, { signal, unknown })) {
      const { sequence } = item;
      if (sequence < range.start) continue;
      this.facts.push(item.ledger === undefined ? noRows(item.unknown) : this.count(item.ledger));
      this.next = sequence + 1;
    }
  }

  private count(ledger: DecodedLedger): LedgerFacts {
    const context = this.context(ledger);
    const rows = new Map<string, number>();
    for (const type of this.options.types) {
      if (!isStellarType(type)) continue;
      let count = 0;
      for (const _ of stellarRows(context, type)) count += 1;
      rows.set(type, count);
    }
    const { xdrStart, xdrEnd } = ledger.meta;
    return { ledger: context.sequence, rows, bytes: xdrEnd - xdrStart, closeTimeMicros: context.closedAt };
  }

  private context(ledger: DecodedLedger): LedgerContext {
    this.network ??= detectNetwork(ledger);
    if (this.network === undefined && ledger.meta.value.txProcessing.length > 0)
      throw new ParquetryError('SOURCE_INVALID', 'The network of the lake is not a public one.', {
        hint: 'Add a .config.json with the networkPassphrase to the lake.',
      });
    return new LedgerContext(ledger, this.network ?? (KNOWN_NETWORKS[0] as string));
  }

  private async closeTime(tip: number, signal?: AbortSignal): Promise<number> {
    const last = this.facts.at(-1);
    if (last?.ledger === tip && last.closeTimeMicros !== undefined) return last.closeTimeMicros;
    if (this.tipTime?.ledger === tip) return this.tipTime.closeTimeMicros;
    let closeTimeMicros = 0;
    const { unknown } = this.options;
    for await (const item of this.feed.ledgers({ start: tip, end: tip }, [], { signal, unknown }))
      closeTimeMicros =
        item.ledger === undefined
          ? (noRows(item.unknown).closeTimeMicros ?? closeTimeMicros)
          : this.context(item.ledger).closedAt;
    this.tipTime = { ledger: tip, closeTimeMicros };
    return closeTimeMicros;
  }
}

/** A ledger that can't be decoded. */
function noRows({ sequence, start, end, header }: UnknownLedger): LedgerFacts {
  const closeTime = header === undefined ? undefined : closeTimeMicros(header.header);
  return {
    ledger: sequence,
    rows: new Map(),
    bytes: end - start,
    ...(closeTime === undefined ? {} : { closeTimeMicros: closeTime }),
  };
}

/** The index for the plan, which all flushes of a tail share. */
export function ledgerTailIndex(feed: LedgerFeed, types: readonly string[]): SourceIndex {
  return {
    kind: feed.kind,
    datasets: types.flatMap((type) => {
      const schema = stellarSchemas.get(type);
      return schema === undefined ? [] : [{ dataset: type, schema }];
    }),
    unusable: 0,
    filtered: 0,
    bytesRead: 0,
    ...(feed.network === undefined ? {} : { network: feed.network }),
    data: feed.config,
  };
}
