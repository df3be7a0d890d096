import type { CommitResult } from '@parquetry/workflows';
import type { Meters } from './telemetry/meters';

/** Counts a commit in the worker's metrics. Segments that were already committed are not counted again. */
export function countCommit(meters: Meters | undefined, dataset: string, result: CommitResult): void {
  if (meters === undefined || result.outcome !== 'committed') return;
  meters.record('parquetry_rows', result.rows, { dataset });
  meters.record('parquetry_bytes', result.bytes, { dataset });
  meters.record('parquetry_rejected', result.rejected, { dataset });
  for (const [reason, files] of Object.entries(result.closedBy))
    meters.record('parquetry_files', files, { dataset, reason });
}
