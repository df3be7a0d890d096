import type { Archive } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  formatRange,
  partitionAt,
  subtractIntervals,
} from '@parquetry/core';
import type { NextPartitions, PartitionTask, RunSpec } from '@parquetry/workflows';

/** Partitions checked per call; bounds its time when a long run is already committed. */
const MAX_LOOKED_AT = 100_000;

/** Ledgers by dataset. */
export type Coverage = ReadonlyMap<string, Intervals>;

/** Current coverage of each dataset. */
export async function committedCoverage(archive: Archive, datasets: readonly string[]): Promise<Coverage> {
  const read = async (dataset: string): Promise<[string, Intervals]> => [
    dataset,
    (await archive.dataset(dataset).snapshot()).coverage,
  ];
  return new Map(await Promise.all(datasets.map(read)));
}

/**
 * Ledgers that a run skips: the committed ones; none when it replaces them. Shared by `parquetry plan` and the steps of
 * the run, so that both agree.
 */
export function leftOut({ mode }: Pick<RunSpec, 'mode'>, committed: Coverage): Coverage {
  // The commit does not change equal segments.
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
 * The tasks of one partition. One that is committed in parts has one task per missing part, so that nothing is pulled
 * twice.
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

/** Zero-padded first ledger; the key of a part also has its end, so that keys are unique. */
function taskKey(range: LedgerRange, partition: LedgerRange): string {
  const start = String(range.start).padStart(10, '0');
  return range.end === partition.end ? start : `${start}-${String(range.end).padStart(10, '0')}`;
}
