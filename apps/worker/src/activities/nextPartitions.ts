import {
  type Intervals,
  type LedgerRange,
  formatRange,
  partitionAt,
  subtractIntervals,
} from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import type { NextPartitions, PartitionTask, PlanRef } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { loadPlan } from '../plan/stored';

/** Partitions looked at in one call; bounds its time when a long run is already committed. */
const MAX_LOOKED_AT = 100_000;

/** See `SharedActivities.nextPartitions`. */
export async function nextPartitions(
  { archives }: WorkerDeps,
  request: PlanRef & { readonly cursor: number; readonly limit: number },
): Promise<NextPartitions> {
  const { spec, index } = await loadPlan(openStore(request.archive), request.archive, request.plan);
  const archive = await archives.get(request.archive);
  const coverage = new Map<string, Intervals>();
  for (const { dataset } of index.datasets)
    // What is to be replaced counts as missing; the commit leaves it alone where it would be the same.
    coverage.set(
      dataset,
      spec.mode === 'replace' ? [] : (await archive.dataset(dataset).snapshot()).coverage,
    );
  return findTasks(spec.range, spec.partitionSize, request.cursor, request.limit, coverage);
}

/**
 * The next partitions from `cursor` on that some dataset lacks. A partition that is committed in parts gives one task
 * for each part that is missing, so that nothing is pulled twice.
 */
export function findTasks(
  range: LedgerRange,
  size: number,
  cursor: number,
  limit: number,
  coverage: ReadonlyMap<string, Intervals>,
): NextPartitions {
  const tasks: PartitionTask[] = [];
  let skipped = 0;
  let next = cursor;
  for (let looked = 0; tasks.length < limit && looked < MAX_LOOKED_AT; looked++) {
    const partition = partitionAt(range, size, next);
    if (partition === undefined) break;
    next = partition.end + 1;
    const found = tasksOf(partition, coverage);
    if (found.length === 0) skipped += 1;
    tasks.push(...found);
  }
  return { tasks, cursor: next, skipped };
}

function tasksOf(partition: LedgerRange, coverage: ReadonlyMap<string, Intervals>): PartitionTask[] {
  const byRange = new Map<string, { range: LedgerRange; datasets: string[] }>();
  for (const [dataset, covered] of coverage)
    for (const gap of subtractIntervals(partition, covered)) {
      const text = formatRange(gap);
      const entry = byRange.get(text) ?? { range: gap, datasets: [] };
      entry.datasets.push(dataset);
      byRange.set(text, entry);
    }
  const sorted = [...byRange.values()].sort(
    (a, b) => a.range.start - b.range.start || b.range.end - a.range.end,
  );
  return sorted.map(({ range, datasets }) => ({ key: taskKey(range, partition), range, datasets }));
}

/** Zero-padded first ledger; a part of a partition also says where it ends, so that no two keys are equal. */
function taskKey(range: LedgerRange, partition: LedgerRange): string {
  const start = String(range.start).padStart(10, '0');
  return range.end === partition.end ? start : `${start}-${String(range.end).padStart(10, '0')}`;
}
