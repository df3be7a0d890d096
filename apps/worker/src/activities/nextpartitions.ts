import { openStore } from '@parquetry/storage';
import type { NextPartitions, PlanRef } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { type StoredPlan, loadPlan } from '../plan/stored';
import { limitsOf } from '../limits';
import { type Coverage, committedCoverage, findTasks, leftOut } from '../plan/tasks';

/** Where a page begins, and how many partitions it has. */
interface Page {
  readonly cursor: number;
  readonly limit: number;
}

/** See `SharedActivities.nextPartitions`. */
export async function nextPartitions(deps: WorkerDeps, request: PlanRef & Page): Promise<NextPartitions> {
  const plan = await loadPlan(openStore(request.archive), request.archive, request.plan);
  return pageOf(deps, plan.spec, request, await doneOf(deps.archives, request.archive, plan));
}

/** The ledgers that a run leaves out, by dataset. */
export async function doneOf(
  archives: WorkerDeps['archives'],
  archive: string,
  { spec, index }: Pick<StoredPlan, 'spec' | 'index'>,
): Promise<Coverage> {
  const datasets = index.datasets.map(({ dataset }) => dataset);
  return leftOut(spec, await committedCoverage(await archives.get(archive), datasets));
}

/** A page of the partitions that lack some ledgers. */
export function pageOf(
  { limits }: Pick<WorkerDeps, 'limits'>,
  spec: StoredPlan['spec'],
  { cursor, limit }: Page,
  done: Coverage,
): NextPartitions {
  const found = findTasks(spec, cursor, limit, done);
  const limited = limitsOf(limits, spec);
  return { ...found, tasks: found.tasks.map((task) => ({ ...task, ...limited })) };
}
