import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '@parquetry/archive';
import { MAX_LEDGER, isProcessorUri } from '@parquetry/core';
import { ledgerTailIndex, openFeed } from '@parquetry/source';
import { openStore } from '@parquetry/storage';
import type { TailInput, TailStart } from '@parquetry/workflows';
import { checkArchive, mergeIdentity, wantedIdentity } from '../archives';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { checkSortKeys } from '../plan/sortkeys';
import { storePlan } from '../plan/stored';
import { checkLakeTypes, networkName } from '../sources';
import {
  isLake,
  lakeTypes,
  nextLedger,
  noFirstLedger,
  schemaStyle,
  sourceEdges,
  tailRun,
} from './tailsource';

const POLL_MS = 1_000;

/** See `TailActivities.openTail`. */
export async function openTail(
  deps: WorkerDeps,
  { spec, from, lag }: Pick<TailInput, 'spec' | 'from' | 'lag'>,
): Promise<TailStart> {
  return withHeartbeat(async (signal) => {
    const run = tailRun(spec);
    const store = openStore(spec.archive);
    const existing = await checkArchive(store, wantedIdentity(run));
    if (isLake(spec)) checkLakeTypes(spec.types ?? []);
    const found = isLake(spec)
      ? ledgerTailIndex(await openFeed(spec.source.uri, undefined, signal), lakeTypes(spec))
      : undefined;
    const network = spec.network ?? (found?.network === undefined ? undefined : networkName(found.network));
    const identity = mergeIdentity({ ...wantedIdentity(run), network }, existing);
    const style = schemaStyle(identity);
    const index = found && {
      ...found,
      datasets: found.datasets.map((entry) => ({ ...entry, schema: style(entry.schema) })),
    };
    if (index !== undefined) checkSortKeys(spec.settings.sortBy ?? [], index.datasets);
    const archive = await Archive.open(store, { create: identity });

    /** Polls until the source has something. */
    const whenThere = async (look: () => Promise<number | undefined>): Promise<number> => {
      for (;;) {
        signal.throwIfAborted();
        const ledger = await look();
        if (ledger !== undefined) return ledger;
        await sleep(POLL_MS, undefined, { signal });
      }
    };
    const edges = (): ReturnType<typeof sourceEdges> => sourceEdges(deps, store, spec, signal);
    const first = async (): Promise<number | undefined> => (await edges())?.first;
    const next = async (): Promise<number | undefined> => {
      const found = await edges();
      return found && Math.min(MAX_LEDGER, found.last + 1 - (isLake(spec) ? lag : 0));
    };
    const after = from === 'committed' ? await nextLedger(archive, spec, edges) : undefined;
    if (
      isProcessorUri(spec.source.uri) &&
      (from === 'latest' || (from === 'committed' && after === undefined))
    )
      throw noFirstLedger(spec);
    const cursor =
      typeof from === 'number'
        ? from
        : from === 'latest'
          ? await whenThere(next)
          : (after ?? (await whenThere(first)));
    const start = { cursor, network: identity.network };
    if (index === undefined) return start;
    // The plan requests only the first ledger: a tail has no range that could have gaps.
    const requested = { ...run, range: { start: cursor, end: cursor } };
    const stored = { format: 1, spec: requested, network: identity.network, index, tail: true } as const;
    const plan = await storePlan(store, stored);
    return { ...start, plan };
  });
}
