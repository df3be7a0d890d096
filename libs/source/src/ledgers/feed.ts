import type { LedgerRange, LedgerTimes } from '@parquetry/core';
import type { DecodedLedger, StellarType, UnknownLedger } from '@parquetry/stellar';

/** A ledger of a range, or the ledger before the range when both are in one object. */
export type FeedLedger = ReadLedger & {
  /** Bytes transferred from the source so far. */
  readonly bytesRead: number;
};

/** A ledger as it was read from bytes; `unknown` only if it was to be kept. */
export type ReadLedger = { readonly sequence: number } & (
  | { readonly ledger: DecodedLedger; readonly unknown?: undefined }
  | {
      readonly ledger?: undefined;
      /** `position`: the object, or the node and the ledger. */
      readonly unknown: UnknownLedger & { readonly position: string };
    }
);

/** How ledgers are read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** `keep`: a ledger with an XDR value that this version does not know is yielded as `unknown`. Absent: an error. */
  readonly unknown?: 'keep' | undefined;
}

/** A provider of whole ledgers: a lake, an RPC node, or a list of them in order of preference. */
export interface LedgerFeed {
  readonly kind: 'galexie' | 'rpc' | 'fallback';
  readonly uri: string;
  /** The feed's properties that were read before any ledger, as JSON for the run's plan. */
  readonly config: unknown;
  /** The network passphrase, if the feed states it. */
  readonly network?: string;
  /** The first ledger; undefined for an empty feed. */
  first(signal?: AbortSignal): Promise<number | undefined>;
  /** The newest ledger; undefined for an empty feed. */
  tip(signal?: AbortSignal): Promise<number | undefined>;
  /** The close times of its ledgers. */
  times(signal?: AbortSignal): LedgerTimes;
  /**
   * Fails if the feed can't have the range; absent if it may get any ledger later.
   * @throws ParquetryError SOURCE_OUT_OF_RANGE
   */
  assertRange?(range: LedgerRange, signal?: AbortSignal): Promise<void>;
  /**
   * Fails if a ledger of the range, which is below the tip, is missing; absent if only reading it can show that.
   * @throws ParquetryError LEDGER_MISSING
   */
  assertWhole?(range: LedgerRange, tip: number): Promise<void>;
  /** Detects the network from ledgers of the range, if the feed does not state it. */
  probeNetwork?(
    range: LedgerRange,
    signal?: AbortSignal,
  ): Promise<{ readonly network: string | undefined; readonly bytesRead: number }>;
  /**
   * The ledgers of a range in order; the sequence of each is checked. Decodes only what `types` need. Yields to the
   * event loop between ledgers.
   * @throws ParquetryError LEDGER_MISSING, SOURCE_CORRUPT, PROTOCOL_UNSUPPORTED, SOURCE_OUT_OF_RANGE,
   * SOURCE_NOT_READY, SOURCE_UNREACHABLE
   */
  ledgers(
    range: LedgerRange,
    types: readonly StellarType[],
    options?: ReadOptions,
  ): AsyncGenerator<FeedLedger>;
}

/** The first and the newest ledger of a feed; undefined if it is empty. */
export async function boundsOf(
  feed: Pick<LedgerFeed, 'first' | 'tip'>,
  signal?: AbortSignal,
): Promise<LedgerRange | undefined> {
  const start = await feed.first(signal);
  const end = await feed.tip(signal);
  return start === undefined || end === undefined ? undefined : { start, end };
}
