import { type LedgerRange, clipIntervals, intersectRange, isParquetryError } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import { Archive } from './archive';
import { filesIn } from './snapshot';

/** What the commit logs of an archive contain for some datasets in a range. */
export interface Committed {
  /** Ledgers that every dataset has. */
  readonly ledgers: number;
  /**
   * End of the contiguous prefix of the range that every dataset has; absent when the range's first ledger is missing.
   */
  readonly through?: number;
  /** Rows of all datasets. */
  readonly rows: number;
  readonly files: number;
}

/** Why a log can't be read from this machine: the archive may be on the worker's disk. */
export interface Unread {
  readonly unread: string;
}

/**
 * Reads the commit logs.
 * @param names datasets, all of the archive's when absent
 */
export async function committedIn(
  root: string,
  range: LedgerRange,
  names?: readonly string[],
): Promise<Committed | Unread> {
  try {
    const archive = await Archive.open(openStore(root));
    let common: readonly LedgerRange[] = [range];
    let rows = 0;
    let files = 0;
    const datasets = names ?? (await archive.datasets());
    for (const name of datasets) {
      const snapshot = await archive.dataset(name).snapshot();
      const covered = clipIntervals(range, snapshot.coverage);
      common = common.flatMap((one) => covered.flatMap((other) => intersectRange(one, other) ?? []));
      for (const file of filesIn(snapshot, [range])) {
        files += 1;
        rows += file.rows ?? 0;
      }
    }
    if (datasets.length === 0) common = [];
    const [head] = common;
    return {
      ledgers: common.reduce((sum, { start, end }) => sum + end - start + 1, 0),
      ...(head?.start === range.start ? { through: head.end } : {}),
      rows,
      files,
    };
  } catch (error) {
    if (!isParquetryError(error)) throw error;
    return { unread: error.message };
  }
}
