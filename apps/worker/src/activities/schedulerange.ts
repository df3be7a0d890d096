import { Archive } from '@parquetry/archive';
import { isProcessorUri } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import type { ResolvedRange, ScheduledInput } from '@parquetry/workflows';
import { checkArchive, wantedIdentity } from '../archives';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { answeredUntil, nextLedger, noFirstLedger, sourceEdges, tailRun, tailedTypes } from './tailsource';

/** See `ScheduleActivities.resolveRange`. Writes nothing. */
export async function resolveRange(deps: WorkerDeps, input: ScheduledInput): Promise<ResolvedRange> {
  return withHeartbeat(async (signal) => {
    const { spec, lag, maxLedgers } = input;
    const store = openStore(spec.archive);
    const exists = (await checkArchive(store, wantedIdentity(tailRun(spec)))) !== undefined;
    const edges = await sourceEdges(deps, store, spec, signal, lag);
    const processor = isProcessorUri(spec.source.uri);
    if (edges === undefined && !processor) return {};
    const archive = exists ? await Archive.open(store) : undefined;
    const next = archive && (await nextLedger(archive, spec, () => Promise.resolve(edges), input.from));
    const start = next ?? input.from ?? edges?.first;
    if (start === undefined) throw noFirstLedger(spec);
    const types = archive && (await tailedTypes(archive, spec, start));
    // A run has one schema per type: it ends before a promotion, and the next run continues from there.
    const edge = Math.min(...[...(types?.values() ?? [])].map(({ last }) => last));
    const wanted = Math.min(start + maxLedgers - 1, edge);
    const last =
      edges?.last ?? (await answeredUntil(deps, store, spec, { start, end: wanted + lag }, signal));
    const end = Math.min(edges?.closed ?? last - lag, wanted);
    return { ...(last < start ? {} : { tip: last }), ...(end < start ? {} : { range: { start, end } }) };
  });
}
