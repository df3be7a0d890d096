import { openStore } from '@parquetry/storage';
import type { NextPartitions, PlanRef } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { type StoredPlan, loadPlan } from '../plan/stored';
import { limitsOf } from '../limits';
import { committedCoverage, findTasks, leftOut } from '../plan/tasks';

/** Where a page begins, and how many partitions it has. */
interface Page {
  readonly cursor: number;
  readonly limit: number;
}

/** See `SharedActivities.nextPartitions`. */
export async function nextPartitions(deps: WorkerDeps, request: PlanRef & Page): Promise<NextPartitions> {
  const plan = await loadPlan(openStore(request.archive), request.archive, request.plan);
  return partitionsOf(deps, request.archive, plan, request);
}

/** The partitions of a plan from a ledger on that are not committed. */
export async function partitionsOf(
  { archives, limits }: Pick<WorkerDeps, 'archives' | 'limits'>,
  archive: string,
  { spec, index }: Pick<StoredPlan, 'spec' | 'index'>,
  { cursor, limit }: Page,
): Promise<NextPartitions> {
  const datasets = index.datasets.map(({ dataset }) => dataset);
  const committed = await committedCoverage(await archives.get(archive), datasets);
  const found = findTasks(spec, cursor, limit, leftOut(spec, committed));
  const limited = limitsOf(limits, spec);
  return { ...found, tasks: found.tasks.map((task) => ({ ...task, ...limited })) };
}
