import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LedgerRange, type LedgerTimes, ParquetryError, ledgerBlock, sourceUrl } from '@parquetry/core';
import { type StellarType, assertEnd, closeTimeMicros, hex } from '@parquetry/stellar';
import { BadAnswer } from '../http';
import type { FeedLedger, LedgerFeed, ReadLedger, ReadOptions } from '../ledgers/feed';
import { readOrKeep } from '../ledgers/keep';
import { RpcClient, type RpcOptions } from './client';
import { type RpcLedger, type RpcPage, RpcPages, outOfRange, readWindow } from './pages';

/** Properties of a node that are known before the first ledger is read. */
export interface RpcConfig {
  /** Network passphrase. */
  readonly network: string;
}

/** Opens a node. `config` is that of an existing plan: a node of another network is then rejected. */
export async function openRpcFeed(
  location: string,
  config?: RpcConfig,
  options?: RpcOptions,
  signal?: AbortSignal,
): Promise<RpcFeed> {
  const client = new RpcClient(sourceUrl(location), options);
  if (config !== undefined) return new RpcFeed(client, config);
  return new RpcFeed(client, { network: await readNetwork(client, signal) });
}

/** A Stellar RPC node, which keeps the newest ledgers. */
export class RpcFeed implements LedgerFeed {
  readonly kind = 'rpc';
  readonly uri: string;
  readonly network: string;
  private checked: Promise<void> | undefined;

  constructor(
    private readonly client: RpcClient,
    readonly config: RpcConfig,
  ) {
    this.uri = client.uri;
    this.network = config.network;
  }

  async first(signal?: AbortSignal): Promise<number> {
    return (await readWindow(this.client, signal)).start;
  }

  async tip(signal?: AbortSignal): Promise<number> {
    return (await readWindow(this.client, signal)).end;
  }

  /** A node has every ledger of its window; a read gets one ledger. */
  times(signal?: AbortSignal): LedgerTimes {
    let window: LedgerRange | undefined;
    return {
      name: `the source ${this.uri}`,
      bounds: async () => (window = await readWindow(this.client, signal)),
      read: async ({ start: from, end }) => {
        const start = Math.max(from, window?.start ?? from);
        if (start > Math.min(end, window?.end ?? end)) return undefined;
        for await (const { ledger, unknown } of this.ledgers({ start, end: start }, [], {
          signal,
          unknown: 'keep',
        })) {
          const header = ledger?.meta.value.ledgerHeader ?? unknown?.header;
          if (header !== undefined)
            return ledgerBlock({ start, end: start }, [[start, closeTimeMicros(header.header) / 1_000_000]]);
        }
        return undefined;
      },
    };
  }

  async assertRange(range: LedgerRange, signal?: AbortSignal): Promise<void> {
    const window = await readWindow(this.client, signal);
    if (range.start < window.start || range.start > window.end)
      throw outOfRange(this.uri, window, range.start);
    if (range.end > window.end) throw outOfRange(this.uri, window, window.end + 1);
  }

  async *ledgers(
    range: LedgerRange,
    types: readonly StellarType[],
    { signal, unknown }: ReadOptions = {},
  ): AsyncGenerator<FeedLedger> {
    await this.assertNetwork(signal);
    let bytesRead = 0;
    for await (const page of this.pages(range, signal)) {
      bytesRead += page.bytes;
      for (const entry of page.ledgers) {
        signal?.throwIfAborted();
        yield { ...this.decode(entry, types, unknown), bytesRead };
        await nextTurn();
      }
    }
  }

  /** Reads one page ahead of the page that is decoded. */
  private async *pages({ start, end }: LedgerRange, signal?: AbortSignal): AsyncGenerator<RpcPage> {
    const pages = new RpcPages(this.client);
    const read = (next: number): Promise<RpcPage> => {
      const reading = pages.read(next, end, signal);
      // Awaiting the page reports the failure; until then, this prevents an unhandled rejection.
      reading.catch(() => undefined);
      return reading;
    };
    let ahead: Promise<RpcPage> | undefined = read(start);
    for (let next = start; ahead !== undefined;) {
      const page: RpcPage = await ahead;
      next += page.ledgers.length;
      ahead = next <= end ? read(next) : undefined;
      yield page;
    }
  }

  private decode(
    { sequence, hash, header, meta }: RpcLedger,
    types: readonly StellarType[],
    unknown: ReadOptions['unknown'],
  ): ReadLedger {
    const name = `${this.uri} ledger ${sequence}`;
    const bytes = Buffer.from(meta, 'base64');
    const item = readOrKeep(bytes, 0, name, types, { sequence, last: true, unknown });
    assertEnd(bytes, item.ledger?.meta.xdrEnd ?? bytes.length, name);
    const found = item.ledger?.meta.value.ledgerHeader ?? item.unknown?.header;
    const expected = Buffer.from(header, 'base64').subarray(0, 32).toString('hex');
    const fail = (what: string): never => {
      throw new ParquetryError('SOURCE_CORRUPT', `${this.uri} returned ${what} for ledger ${sequence}.`, {
        details: { source: this.uri, ledger: sequence },
        hint: 'Use another node, then retry the partition.',
      });
    };
    if (found !== undefined && found.header.ledgerSeq !== sequence) fail(`ledger ${found.header.ledgerSeq}`);
    if ((found !== undefined && hex(found.hash) !== hash) || expected !== hash)
      fail('a header with a different hash');
    return item;
  }

  /** The address may now lead to a node of a different network from when the plan was made. */
  private assertNetwork(signal?: AbortSignal): Promise<void> {
    const check = async (): Promise<void> => {
      const network = await readNetwork(this.client, signal);
      if (network === this.network) return;
      throw new ParquetryError(
        'SOURCE_INVALID',
        `${this.uri} is on network "${network.slice(0, 100)}"; the run was planned for "${this.network}".`,
        { hint: 'Correct the address, or start a new run.' },
      );
    };
    this.checked ??= check().catch((error: unknown) => {
      this.checked = undefined;
      throw error;
    });
    return this.checked;
  }
}

function readNetwork(client: RpcClient, signal?: AbortSignal): Promise<string> {
  const read = ({ passphrase }: Readonly<Record<string, unknown>>): string => {
    if (typeof passphrase !== 'string' || passphrase === '')
      throw new BadAnswer('a getNetwork without a passphrase');
    return passphrase;
  };
  return client.call('getNetwork', undefined, read, signal);
}
