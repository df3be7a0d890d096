import { Archive } from '@parquetry/archive';
import { countPartitions, isParquetryError } from '@parquetry/core';
import type { SourceIndex } from '@parquetry/source';
import { type ObjectStore, openStore } from '@parquetry/storage';
import { PAGE, type PlanResult, type RunSpec, type StaleSegments } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { staleRanges } from '../plan/partitions';
import { pinRun } from '../plan/pin';
import { spoolKey, storePlan } from '../plan/stored';
import { plannedWork } from '../plan/work';
import { doneOf, pageOf } from './nextpartitions';
import { NOTHING_FOUND, keepUnusable, withRejects } from '../plan/unusable';

/** Most stale segments listed; the others are only counted. */
const NAMED = 20;

/** See `SharedActivities.planRun`. Writes nothing to the archive before the source was read without errors. */
export async function planRun(deps: WorkerDeps, requested: RunSpec): Promise<PlanResult> {
  const { workplace, debug, allow } = deps;
  return withHeartbeat(async (signal, onProgress) => {
    const store = openStore(requested.archive);
    const workflowId = Context.current().info.workflowExecution?.workflowId;
    const workDir = await workplace.openSpool(spoolKey(requested), workflowId);
    const options = { workDir, signal, onProgress, allow };
    const { spec, index, identity, exists, committed } = await pinRun(store, requested, options).catch(
      async (error: unknown) => {
        // A run that fails here keeps the rejects with the reasons.
        throw isFinal(error) ? withRejects(error, await keepUnusable(store, workDir, signal)) : error;
      },
    );
    const rejects = index.unusable === 0 ? undefined : await keepUnusable(store, workDir, signal);
    const { network } = identity;
    const stale = exists ? await findStale(store, spec, index) : undefined;
    const stored = {
      format: 1,
      spec,
      network,
      index,
      ...(committed === undefined ? {} : { committed }),
    } as const;
    const plan = await storePlan(store, stored);
    const first = { cursor: spec.range.start, limit: PAGE };
    // The run asks again if this fails.
    const done = await doneOf(deps.archives, requested.archive, stored).catch(() => undefined);
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
      ...(done === undefined
        ? {}
        : { next: pageOf(deps, spec, first, done), work: plannedWork(spec, index, done) }),
    };
  });
}

/** Stale segments, which a `fill` run does not change. */
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

function isFinal(error: unknown): boolean {
  return isParquetryError(error) && NOTHING_FOUND.includes(error.code);
}
