import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { countPartitions } from '@parquetry/core';
import type { SourceIndex } from '@parquetry/source';
import { type ObjectStore, fileIdentity, openStore } from '@parquetry/storage';
import type { PlannedRun, RunSpec, StaleSegments } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { staleRanges } from '../plan/partitions';
import { pinRun } from '../plan/pin';
import { spoolKey, storePlan } from '../plan/stored';

/** Stale segments that a run names; the others are counted. */
const NAMED = 20;

/** See `SharedActivities.planRun`. Writes nothing to the archive before the source was read without a fault. */
export async function planRun({ workplace, debug }: WorkerDeps, asked: RunSpec): Promise<PlannedRun> {
  return withHeartbeat(async (signal, onProgress) => {
    const store = openStore(asked.archive);
    const workflowId = Context.current().info.workflowExecution?.workflowId;
    const workDir = await workplace.openSpool(spoolKey(asked), workflowId);
    const options = { workDir, signal, onProgress };
    const { spec, index, identity, committed } = await pinRun(store, asked, options);
    const rejects = await keepUnusable(store, index, path.join(workDir, 'rejects.ndjson'), signal);
    const { network } = identity;
    const stale = await findStale(store, spec, index);
    const plan = await storePlan(store, {
      format: 1,
      spec,
      network,
      index,
      ...(committed === undefined ? {} : { committed }),
    });
    for (const { dataset, messages, schema } of index.datasets)
      debug?.(
        `plan ${dataset}: ${schema.fields.length} columns, ${messages ?? 'an unknown number of'} messages`,
      );
    return {
      plan,
      datasets: index.datasets.map(({ dataset }) => dataset),
      network,
      partitions: countPartitions(spec.range, spec.partitionSize),
      unusable: index.unusable,
      filtered: index.filtered,
      bytesRead: index.bytesRead,
      ...(rejects === undefined ? {} : { rejects }),
      ...(stale === undefined ? {} : { stale }),
    };
  });
}

/** What a run that only fills leaves as it is, though it would write it in another way. */
async function findStale(
  store: ObjectStore,
  spec: RunSpec,
  { datasets }: SourceIndex,
): Promise<StaleSegments | undefined> {
  if (spec.mode === 'replace') return undefined;
  const archive = await Archive.open(store);
  const found: StaleSegments['first'][number][] = [];
  for (const { dataset, schema } of datasets)
    for (const { range, why } of await staleRanges(archive.dataset(dataset), spec, schema))
      found.push({ dataset, range, why });
  return found.length === 0 ? undefined : { segments: found.length, first: found.slice(0, NAMED) };
}

/** Messages that belong to no partition are kept once a run, under their content's hash. */
async function keepUnusable(
  store: ObjectStore,
  index: SourceIndex,
  file: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (index.unusable === 0) return undefined;
  const identity = await fileIdentity(file, signal);
  const key = `_parquetry/rejects/runs/${identity.sha256.slice(0, 32)}.ndjson`;
  await store.uploadIfAbsent(key, file, { ...identity, signal });
  return key;
}
