import type { LedgerRange } from '@parquetry/core';
import type { DecodedLedger, StellarType } from '@parquetry/stellar';

/** A ledger of a range, or one just before it that came with it. */
export interface FeedLedger {
  readonly sequence: number;
  readonly ledger: DecodedLedger;
  /** Bytes read from the source so far, as they travelled. */
  readonly bytesRead: number;
}

/** Where whole ledgers come from: a lake, an RPC node, or several of them in order. */
export interface LedgerFeed {
  readonly kind: 'galexie' | 'rpc' | 'fallback';
  readonly uri: string;
  /** What was found out before a ledger is read; plain JSON, kept in the run's plan. */
  readonly config: unknown;
  /** The network passphrase where the feed says it. */
  readonly network?: string;
  /** The first ledger; undefined while there is none. */
  first(signal?: AbortSignal): Promise<number | undefined>;
  /** The newest ledger; undefined while there is none. */
  tip(signal?: AbortSignal): Promise<number | undefined>;
  /** Refuses a range that the feed certainly does not have. @throws ParquetryError SOURCE_OUT_OF_RANGE */
  assertRange(range: LedgerRange, signal?: AbortSignal): Promise<void>;
  /** Refuses a range below the tip that has a hole. @throws ParquetryError LEDGER_MISSING */
  assertWhole(range: LedgerRange, tip: number): Promise<void>;
  /** Recognises the network from ledgers of the range; only where the feed does not say it. */
  probeNetwork?(
    range: LedgerRange,
    signal?: AbortSignal,
  ): Promise<{ readonly network: string | undefined; readonly bytesRead: number }>;
  /**
   * The ledgers of a range in order, each in its place. Only what these message types use is decoded. Yields to the event loop between ledgers.
   * @throws ParquetryError LEDGER_MISSING, SOURCE_CORRUPT, SOURCE_OUT_OF_RANGE, SOURCE_NOT_READY, SOURCE_UNREACHABLE
   */
  ledgers(
    range: LedgerRange,
    types: readonly StellarType[],
    signal?: AbortSignal,
  ): AsyncGenerator<FeedLedger>;
}
