import { type LedgerRange, formatRange } from '@parquetry/core';
import { parkedQuery } from './contract/names';
import type { BackfillProgress, DatasetFailure } from './contract/types';

/** Text for a Markdown table cell: no line ends, no column marks. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').slice(0, 300);
}

/** Current details of a partition at work: a row a dataset. */
export function runningDetails(range: LedgerRange, steps: ReadonlyMap<string, string>): string {
  const rows = [...steps].map(([dataset, step]) => `| ${cell(dataset)} | ${step} |`);
  return [`Ledgers ${formatRange(range)}`, '', '| dataset | step |', '|---|---|', ...rows].join('\n');
}

/** Current details of a parked partition: what failed, why, and what to do. */
export function parkedDetails(
  range: LedgerRange,
  failures: readonly DatasetFailure[],
  run: string | undefined,
): string {
  const rows = failures.map((f) => `| ${cell(f.dataset)} | ${f.step} | ${f.code} | ${cell(f.message)} |`);
  const hints = [...new Set(failures.flatMap((f) => f.hint ?? []))].map((hint) => `- ${cell(hint)}`);
  const command = run === undefined ? [] : [`- Or type: \`parquetry retry ${run} --ledger ${range.start}\``];
  return [
    `**Parked.** Ledgers ${formatRange(range)} are not complete; nothing of the failed datasets is in the archive.`,
    '',
    '| dataset | step | code | what happened |',
    '|---|---|---|---|',
    ...rows,
    '',
    '**What to do**',
    ...hints,
    '- Mend the cause, then *More Actions* → *Send a Signal* → `retry`: only the failed datasets run again.',
    '- Or give these ledgers up with the signal `skip`: they stay a gap that `parquetry verify` reports.',
    ...command,
  ].join('\n');
}

/** Current details of a run: counts and a link to its parked partitions. */
export function backfillDetails(run: string, range: LedgerRange, progress: BackfillProgress): string {
  const { tally } = progress;
  const link = `/namespaces/{namespace}/workflows?query=${encodeURIComponent(parkedQuery(run))}`;
  const all = `/namespaces/{namespace}/workflows?query=${encodeURIComponent(`ParquetryRun="${run}"`)}`;
  return [
    `Backfill of ledgers ${formatRange(range)}: **${progress.phase}**`,
    '',
    '| partitions | done | already committed | running | parked | failed | given up |',
    '|---|---|---|---|---|---|---|',
    `| ${progress.total} | ${progress.done} | ${progress.skipped} | ${progress.running} | ${progress.parked} | ${progress.failed} | ${progress.abandoned} |`,
    '',
    `${tally.rows} rows in ${tally.files} files, ${tally.ledgers} ledgers, ${tally.rejected} rejected messages.`,
    '',
    `[All partitions](${all}) · [Parked partitions](${link})`,
  ].join('\n');
}
