import type { PublishResult } from '@parquetry/archive';
import { type Layout, formatRange, layoutFolder } from '@parquetry/core';
import type { MessageDecision } from '@parquetry/source';
import type { DatasetStep } from '@parquetry/workflows';
import type { WrittenFile } from '@parquetry/writer';

/** The debug line of a message: what it is, and the folder it goes to or why it is rejected. */
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

/** The debug line of a file. */
export function flushLine(dataset: string, file: WrittenFile): string {
  return (
    `Flushing ${file.rows} records of ${dataset}, ledgers ${formatRange(file.range)}, closed by ${file.reason}: ` +
    `${file.folder.path}/${file.name}, ${file.size} bytes`
  );
}

/** The debug line of a commit. */
export function commitLine(step: DatasetStep, published: PublishResult): string {
  const { outcome, version, files, rows } = published;
  return `commit ${step.dataset} ${formatRange(step.range)}: ${outcome}, version ${version}, ${files.length} files, ${rows} rows`;
}
