import { type LedgerRange, MAX_LEDGER, ParquetryError } from '@parquetry/core';
import { BadAnswer, TooLarge } from '../http';
import { type RpcClient, RpcFault, RpcRefusal } from './client';

/** The ledgers a node keeps, inclusive. */
export type RpcWindow = LedgerRange;

/** A ledger as the node sends it. */
export interface RpcLedger {
  readonly sequence: number;
  /** Hex. */
  readonly hash: string;
  /** LedgerHeaderHistoryEntry, base64. */
  readonly header: string;
  /** LedgerCloseMeta, base64. */
  readonly meta: string;
}

/** Consecutive ledgers, at least one. */
export interface RpcPage {
  readonly ledgers: readonly RpcLedger[];
  /** Bytes of the answer. */
  readonly bytes: number;
}

/** A mainnet ledger is about 1.3 MB of base64, so this is a handful of them. */
const PAGE_BYTES = 8 << 20;
/** Maximum number of ledgers that a node returns at once. */
const MAX_PAGE = 200;
const FIRST_PAGE = 4;
const GROWTH = 4;

/** Reads ledgers page by page; adapts the page size to the size of the ledgers. */
export class RpcPages {
  private limit = FIRST_PAGE;
  private cursor: string | undefined;
  private cursorFor = 0;

  constructor(private readonly client: RpcClient) {}

  /**
   * One page of ledgers, from `next` to at most `end`. Retries for a while when ledger `next` is not available yet.
   * @throws ParquetryError SOURCE_OUT_OF_RANGE, SOURCE_NOT_READY, LEDGER_MISSING, and those of `RpcClient.call`
   */
  read(next: number, end: number, signal?: AbortSignal): Promise<RpcPage> {
    return this.client.retrying(async () => {
      for (;;) {
        try {
          return await this.once(next, end, signal);
        } catch (error) {
          if (!(error instanceof TooLarge) || this.limit === 1) throw error;
          this.limit = Math.ceil(this.limit / 4);
        }
      }
    }, signal);
  }

  private async once(next: number, end: number, signal?: AbortSignal): Promise<RpcPage> {
    const limit = Math.min(this.limit, end - next + 1);
    const cursor = this.cursorFor === next ? this.cursor : undefined;
    this.cursor = undefined;
    const from = cursor === undefined ? { startLedger: next } : {};
    const pagination = cursor === undefined ? { limit } : { cursor, limit };
    let answer: Awaited<ReturnType<RpcClient['once']>>;
    try {
      answer = await this.client.once('getLedgers', { ...from, pagination, xdrFormat: 'base64' }, signal);
    } catch (error) {
      if (!(error instanceof RpcRefusal) || error.code === -32603 || error.code === -32601) throw error;
      // The node may not know the cursor any more; start from the ledger number instead.
      if (cursor !== undefined) return this.once(next, end, signal);
      await this.explain(next, signal);
      throw error;
    }
    const { result, bytes } = answer;
    const all = result['ledgers'];
    if (!Array.isArray(all)) throw new BadAnswer('no list of ledgers for getLedgers');
    const ledgers = all.map(ledgerOf).slice(0, end - next + 1);
    const [first] = ledgers;
    if (first === undefined || first.sequence > next) {
      await this.explain(next, signal);
      throw this.absent(next);
    }
    ledgers.forEach(({ sequence }, index) => {
      if (sequence !== next + index)
        throw new BadAnswer(`ledger ${sequence} instead of ledger ${next + index}`);
    });
    this.limit = Math.max(
      1,
      Math.min(MAX_PAGE, this.limit * GROWTH, Math.floor((PAGE_BYTES * ledgers.length) / bytes)),
    );
    const after = result['cursor'];
    this.cursor = typeof after === 'string' && after !== '' ? after : undefined;
    // A page truncated to `end` ends before its cursor.
    this.cursorFor = all.length === ledgers.length ? next + ledgers.length : 0;
    return { ledgers, bytes };
  }

  /** Throws when the node's window explains why it does not return the ledger. */
  private async explain(next: number, signal?: AbortSignal): Promise<void> {
    // One request without retries: the caller retries.
    const window = windowOf((await this.client.once('getHealth', undefined, signal)).result);
    if (next < window.start) throw outOfRange(this.client.uri, window, next);
    if (next > window.end)
      throw new RpcFault({ error: notReady(this.client.uri, window, next), again: true });
  }

  /** The ledger is in the node's window but not in its answer; the node may still be writing it. */
  private absent(next: number): RpcFault {
    const error = new ParquetryError('LEDGER_MISSING', `Ledger ${next} is missing in ${this.client.uri}.`, {
      details: { ledger: next, source: this.client.uri },
      hint: 'The node has later ledgers. Retry, or use another node.',
    });
    return new RpcFault({ error, again: true });
  }
}

/** The ledgers that the node keeps. @throws ParquetryError those of `RpcClient.call` */
export function readWindow(client: RpcClient, signal?: AbortSignal): Promise<RpcWindow> {
  return client.call('getHealth', undefined, windowOf, signal);
}

function windowOf({ oldestLedger, latestLedger }: Readonly<Record<string, unknown>>): RpcWindow {
  if (!isLedger(oldestLedger) || !isLedger(latestLedger) || latestLedger < oldestLedger)
    throw new BadAnswer('a getHealth without its oldest and latest ledger');
  return { start: oldestLedger, end: latestLedger };
}

/** The error for a ledger that the node no longer keeps. */
export function outOfRange(uri: string, { start, end }: RpcWindow, ledger: number): ParquetryError {
  return new ParquetryError(
    'SOURCE_OUT_OF_RANGE',
    `${uri} keeps ledgers ${start}-${end}; ledger ${ledger} is not among them.`,
    {
      details: { source: uri, oldest: start, latest: end, ledger },
      hint: 'Choose ledgers in the window, or put a lake before the node: galexie:LAKE,rpc:URL.',
    },
  );
}

function notReady(uri: string, { start, end }: RpcWindow, ledger: number): ParquetryError {
  return new ParquetryError('SOURCE_NOT_READY', `${uri} has ledgers up to ${end}, not ${ledger} yet.`, {
    details: { source: uri, oldest: start, latest: end, ledger },
    hint: 'Retry when the node has caught up.',
  });
}

function ledgerOf(value: unknown): RpcLedger {
  const { sequence, hash, headerXdr, metadataXdr } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (
    !isLedger(sequence) ||
    typeof hash !== 'string' ||
    typeof headerXdr !== 'string' ||
    typeof metadataXdr !== 'string'
  )
    throw new BadAnswer('a ledger without sequence, hash, headerXdr and metadataXdr');
  return { sequence, hash, header: headerXdr, meta: metadataXdr };
}

function isLedger(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_LEDGER;
}
