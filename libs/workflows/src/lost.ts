import { type LedgerRange, ParquetryError, formatRange } from '@parquetry/core';
import type { DatasetSummary } from './contract/types';

const HINT = 'Restore the archive, or start the run again: it fills what is missing.';
const REPLACE = 'Restore the files, or rewrite them with --mode replace.';

/**
 * Why a run must fail although all its partitions succeeded: the archive lacks what they committed. Undefined when it
 * is complete.
 * @param complete no partition was skipped, so no ledger of the range may be missing
 */
export function lostFault(
  range: LedgerRange,
  datasets: readonly DatasetSummary[],
  complete: boolean,
): ParquetryError | undefined {
  for (const { dataset, gaps, missing, files } of datasets) {
    const details = { dataset, start: range.start, end: range.end };
    if (complete && gaps.length > 0) {
      const named = gaps.slice(0, 5).map(formatRange).join(', ');
      return new ParquetryError(
        'ARCHIVE_CHANGED',
        `Ledgers ${named}${gaps.length > 5 ? ` and ${gaps.length - 5} more ranges` : ''} of ${dataset} are not in the archive, although their partitions were committed: the archive was removed, restored or swapped during the run.`,
        { details: { ...details, gaps: gaps.slice(0, 100).map(formatRange) }, hint: HINT },
      );
    }
    if (missing !== undefined)
      return new ParquetryError(
        'ARCHIVE_CHANGED',
        `Committed files of ${dataset} in ledgers ${formatRange(range)} are not in the archive: ${missing.files} of ${files}, the first is ${missing.first}.`,
        { details: { ...details, files: missing.files, first: missing.first }, hint: REPLACE },
      );
  }
  return undefined;
}
