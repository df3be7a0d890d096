import { type CommitResult, METRICS } from '@parquetry/workflows';
import { metricMeter } from '@temporalio/activity';

/** Counts a commit in the worker's metrics. Segments that were already committed are not counted again. */
export function countCommit(dataset: string, result: CommitResult): void {
  if (result.outcome !== 'committed') return;
  count('parquetry_rows', result.rows, { dataset });
  count('parquetry_bytes', result.bytes, { dataset });
  count('parquetry_rejected', result.rejected, { dataset });
  for (const [reason, files] of Object.entries(result.closedBy))
    count('parquetry_files', files, { dataset, reason });
}

function count(name: keyof typeof METRICS, value: number, tags: Readonly<Record<string, string>>): void {
  const { unit, doc } = METRICS[name];
  metricMeter.createCounter(name, unit, doc).add(value, tags);
}
