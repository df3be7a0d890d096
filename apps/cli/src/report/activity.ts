import { formatRange, isParquetryError } from '@parquetry/core';
import type { RunData, TemporalData } from '@parquetry/report';
import { type AllowList, assertArchive } from '@parquetry/worker';
import { activePartitions, finishedPartitions, type TroubleCache } from './partitions';
import { findRuns, type InputCache, sameArchive } from './runs';
import type { TemporalView } from './server';

/** Runs whose finished partitions are compared. */
const MAX_COMPARED_RUNS = 20;

const MAX_RETRIED = 15;

/** What never changes in Temporal; keep it between the reports of a live page. */
export class ActivityCache {
  readonly inputs: InputCache = new Map();
  readonly troubles: TroubleCache = new Map();
}

/** What Temporal says about the runs of an archive. Sends only requests that need no worker. */
export async function readActivity(
  view: TemporalView,
  archive: string,
  cache: ActivityCache,
): Promise<TemporalData> {
  const { found, more } = await findRuns(view, cache.inputs);
  const active = await activePartitions(view, archive, cache.inputs);
  const parked = (run: string): number =>
    active.filter((partition) => partition.run === run && partition.state === 'parked').length;
  const runs = found
    .filter((one) => sameArchive(one.archive, archive))
    .map(({ run }) => ({ ...run, parked: parked(run.id) }));
  const { slowest, compared, reached } = await finishedPartitions(
    view,
    runs.slice(0, MAX_COMPARED_RUNS).map(({ id }) => id),
    cache.troubles,
  );
  const lastActive = (run: string): number =>
    Math.max(0, ...active.filter((one) => one.run === run).map(({ range }) => range.end));
  const retried = [...active, ...slowest]
    .filter(({ retries = 0 }) => retries > 0)
    .sort((a, b) => (b.retries ?? 0) - (a.retries ?? 0))
    .slice(0, MAX_RETRIED);
  return {
    address: view.address,
    namespace: view.namespace,
    ...(view.uiUrl === undefined ? {} : { uiUrl: view.uiUrl }),
    runs: runs.map((run) => withReached(run, Math.max(reached.get(run.id) ?? 0, lastActive(run.id)))),
    moreRuns: more,
    active: active.sort(
      (a, b) => a.range.start - b.range.start || formatRange(a.range).localeCompare(formatRange(b.range)),
    ),
    slowest,
    retried,
    compared,
  };
}

function withReached(run: RunData, reached: number): RunData {
  return reached === 0 ? run : { ...run, reached };
}

/**
 * The archives that the newest runs of the namespace write to, the newest first, without those that the allow list of
 * the worker does not cover: every client of Temporal can name an archive.
 */
export async function archivesOfRuns(
  view: TemporalView,
  cache: ActivityCache,
  allow: AllowList = {},
): Promise<string[]> {
  const { found } = await findRuns(view, cache.inputs);
  return [...new Set(found.map(({ archive }) => archive))].filter((archive) => isAllowed(allow, archive));
}

function isAllowed(allow: AllowList, archive: string): boolean {
  try {
    assertArchive(allow, archive);
    return true;
  } catch (error) {
    if (isParquetryError(error) && error.code === 'LOCATION_REFUSED') return false;
    throw error;
  }
}
