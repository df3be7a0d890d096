import type { CommitResult } from '@parquetry/workflows';
import { metricMeter } from '@temporalio/activity';

/**
 * Counts a commit in the worker's metrics: `parquetry_rows`, `parquetry_bytes` and `parquetry_rejected` by dataset, and
 * `parquetry_files` by dataset and closing reason. Segments that were already committed are not counted again.
 */
export function countCommit(dataset: string, result: CommitResult): void {
  if (result.outcome !== 'committed') return;
  const tags = { dataset };
  count('parquetry_rows', '{rows}', 'Rows committed', result.rows, tags);
  count('parquetry_bytes', 'By', 'Bytes of Parquet files committed', result.bytes, tags);
  count('parquetry_rejected', '{messages}', 'Messages kept as rejects', result.rejected, tags);
  for (const [reason, files] of Object.entries(result.closedBy))
    count('parquetry_files', '{files}', 'Parquet files committed, by what closed them', files, {
      ...tags,
      reason,
    });
}

function count(
  name: string,
  unit: string,
  description: string,
  value: number,
  tags: Readonly<Record<string, string>>,
): void {
  metricMeter.createCounter(name, unit, description).add(value, tags);
}
