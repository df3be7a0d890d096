import type { CommitRecord, Dataset, Snapshot } from '@parquetry/archive';
import { MAX_SNAPSHOTS } from './metadata';

const READS_AT_ONCE = 8;

/** The commits whose snapshots a table's metadata must get, oldest first. */
export interface History {
  readonly commits: readonly CommitRecord[];
  /** True when the snapshots up to `after` stay in the table. */
  readonly continues: boolean;
}

/**
 * The commits up to a snapshot that need an Iceberg snapshot. A commit that replaces files ends the history before it:
 * the replaced files are deleted, so no older snapshot can be read.
 * @param after version of the newest commit that has a snapshot, -1 for none
 */
export async function readHistory(dataset: Dataset, snapshot: Snapshot, after: number): Promise<History> {
  const { version } = snapshot;
  const oldest = Math.max(after + 1, version - MAX_SNAPSHOTS + 1);
  const commits: CommitRecord[] = [];
  for (let end = version; end >= oldest; end -= READS_AT_ONCE) {
    const start = Math.max(oldest, end - READS_AT_ONCE + 1);
    const numbers = Array.from({ length: end - start + 1 }, (_, index) => end - index);
    const read = await Promise.all(numbers.map((number) => dataset.commit(number)));
    for (const commit of read) {
      // Without the commit, what it added is unknown: the history begins after it.
      if (commit === undefined) return { commits: known(commits, snapshot), continues: false };
      commits.unshift(commit);
      if (commit.kind !== 'append') return { commits, continues: false };
    }
  }
  return { commits: known(commits, snapshot), continues: after >= 0 && oldest === after + 1 };
}

/** The commits, or one without details when the log has only a checkpoint of the version. */
function known(commits: readonly CommitRecord[], { version }: Snapshot): readonly CommitRecord[] {
  return commits.length > 0 ? commits : [{ version, kind: 'append', added: [], removed: 0 }];
}
