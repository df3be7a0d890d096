import { ParquetryError, ledgerLocations, sourceUrl } from '@parquetry/core';
import type { LakeConfig } from '../galexie/lake';
import { openLakeStore } from '../galexie/store';
import { type RpcConfig, openRpcFeed } from '../rpc';
import { FallbackFeed } from './fallback';
import type { LedgerFeed } from './feed';
import { openLakeFeed } from './lakefeed';

/** Checks that the lakes of a source exist and that its addresses are valid. @throws as `openLedgerSource` */
export async function openLedgerLocations(uri: string): Promise<void> {
  for (const { kind, place } of ledgerLocations(uri))
    if (kind === 'rpc') sourceUrl(place);
    else await openLakeStore(place).list('');
}

/**
 * Opens the ledger feed of a source. `config`, from a plan, saves reading the properties of the feed again.
 * @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_INVALID, SOURCE_UNREACHABLE, and the errors of an `ObjectStore`
 */
export async function openFeed(uri: string, config?: unknown, signal?: AbortSignal): Promise<LedgerFeed> {
  const locations = ledgerLocations(uri);
  const configs =
    locations.length > 1 ? (config as { feeds: readonly unknown[] } | undefined)?.feeds : [config];
  const feeds = await Promise.all(
    locations.map(({ kind, place }, index): Promise<LedgerFeed> =>
      kind === 'rpc'
        ? openRpcFeed(place, configs?.[index] as RpcConfig | undefined, undefined, signal)
        : openLakeFeed(place, configs?.[index] as LakeConfig | undefined),
    ),
  );
  const [only] = feeds;
  if (only === undefined) throw new ParquetryError('SOURCE_INVALID', 'The source names no lake or RPC node.');
  return feeds.length === 1 ? only : new FallbackFeed(feeds);
}
