import { openStore } from '@parquetry/storage';
import type { NextPartitions, PlanRef } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { loadPlan } from '../plan/stored';
import { pullQueue } from '../rpcrate';
import { committedCoverage, findTasks, leftOut } from '../plan/tasks';

/** See `SharedActivities.nextPartitions`. */
export async function nextPartitions(
  { archives }: WorkerDeps,
  request: PlanRef & { readonly cursor: number; readonly limit: number },
): Promise<NextPartitions> {
  const { spec, index } = await loadPlan(openStore(request.archive), request.archive, request.plan);
  const datasets = index.datasets.map(({ dataset }) => dataset);
  const committed = await committedCoverage(await archives.get(request.archive), datasets);
  const found = findTasks(spec, request.cursor, request.limit, leftOut(spec, committed));
  const queue = pullQueue(spec.source);
  return { ...found, tasks: found.tasks.map((task) => ({ ...task, ...queue })) };
}
