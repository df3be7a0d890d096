import type { Archive } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  formatRange,
  partitionAt,
  subtractIntervals,
} from '@parquetry/core';
import type { NextPartitions, PartitionTask, RunSpec } from '@parquetry/workflows';

/** Partitions looked at in one call; bounds its time when a long run is already committed. */
const MAX_LOOKED_AT = 100_000;

/** Ledgers by dataset. */
export type Coverage = ReadonlyMap<string, Intervals>;

/** What is committed of each dataset now. */
export async function committedCoverage(archive: Archive, datasets: readonly string[]): Promise<Coverage> {
  const read = async (dataset: string): Promise<[string, Intervals]> => [
    dataset,
    (await archive.dataset(dataset).snapshot()).coverage,
  ];
  return new Map(await Promise.all(datasets.map(read)));
}

/**
 * What a run leaves out: what is committed; nothing where it replaces that. What it brings is then the same as the plan
 * says, whoever asks: `parquetry plan` and the steps of the run begin here.
 */
export function leftOut({ mode }: Pick<RunSpec, 'mode'>, committed: Coverage): Coverage {
  // The commit leaves alone what would be the same.
  return mode === 'replace' ? new Map([...committed.keys()].map((dataset) => [dataset, []])) : committed;
}

/** The next partitions from `cursor` on that some dataset lacks, `limit` or a few more. */
export function findTasks(
  { range, partitionSize }: Pick<RunSpec, 'range' | 'partitionSize'>,
  cursor: number,
  limit: number,
  done: Coverage,
): NextPartitions {
  const tasks: PartitionTask[] = [];
  let skipped = 0;
  let split = 0;
  let next = cursor;
  for (let looked = 0; tasks.length < limit && looked < MAX_LOOKED_AT; looked++) {
    const partition = partitionAt(range, partitionSize, next);
    if (partition === undefined) break;
    next = partition.end + 1;
    const found = tasksOf(partition, done);
    if (found.length === 0) skipped += 1;
    else split += found.length - 1;
    for (const task of found) tasks.push(task);
  }
  return { tasks, cursor: next, skipped, ...(split === 0 ? {} : { split }) };
}

/**
 * The tasks of one partition. One that is committed in parts gives a task for each part that is missing, so that nothing
 * is pulled twice.
 */
export function tasksOf(partition: LedgerRange, done: Coverage): PartitionTask[] {
  const byRange = new Map<string, { range: LedgerRange; datasets: string[] }>();
  for (const [dataset, covered] of done)
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
