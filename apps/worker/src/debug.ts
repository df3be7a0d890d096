import type { PublishResult } from '@parquetry/archive';
import { type Layout, formatRange, layoutFolder } from '@parquetry/core';
import type { MessageDecision } from '@parquetry/source';
import type { DatasetStep } from '@parquetry/workflows';
import type { Flush, WrittenFile } from '@parquetry/writer';

/** The debug line of a message: its identity, and its target folder or the reason of its rejection. */
export function decisionLine(decision: MessageDecision, layout: Layout): string {
  const { dataset, ledger, closeTimeMicros, reject } = decision;
  const what = `message ${dataset} ledger ${ledger}`;
  if (reject !== undefined || closeTimeMicros === undefined) {
    const column = reject?.column === undefined ? '' : ` ${reject.column}`;
    return `${what}: rejected ${reject?.code}${column} at ${reject?.position}: ${reject?.reason}`;
  }
  const time = new Date(Math.floor(closeTimeMicros / 1000)).toISOString();
  return `${what}: accepted, closed ${time}, to ${layoutFolder(layout, ledger, closeTimeMicros).path}`;
}

/** The debug line before a file is written: its content, closing reason and target folder. */
export function flushLine(step: DatasetStep, { rows, range, reason, folder, name }: Flush): string {
  // The end of a tail's range has its own closing reason.
  const closed = reason === 'range_end' ? (step.reason ?? reason) : reason;
  return (
    `Flushing ${rows} records of ${step.dataset}, ledgers ${formatRange(range)}, closed by ${closed}: ` +
    `to ${folder.path}/${name}`
  );
}

/** The debug line of a file that was written. */
export function writtenLine(dataset: string, { rows, folder, name, size, sha256 }: WrittenFile): string {
  return `wrote ${dataset} ${folder.path}/${name}: ${rows} rows, ${size} bytes, sha256 ${sha256.slice(0, 12)}`;
}

/** The debug line of a commit. */
export function commitLine(step: DatasetStep, published: PublishResult): string {
  const { outcome, version, files, rows } = published;
  return `commit ${step.dataset} ${formatRange(step.range)}: ${outcome}, version ${version}, ${files.length} files, ${rows} rows`;
}
