import { type LedgerRange, formatRange } from '@parquetry/core';
import { parkedQuery } from './contract/names';
import type { BackfillProgress, DatasetFailure, StepFault, TroubledPartition } from './contract/types';
import { joinFailures } from './failuretext';

/** Maximum length of external text in a table or a list; the UI encodes all details in one URL. */
const MAX_TEXT = 300;
/** Parked or failed partitions listed in a run's details; the link shows all. */
const MAX_TROUBLED = 10;

/**
 * Escapes external text as one line of Markdown. (The UI's renderer would turn `--`, which is in the name of every
 * object of a lake, into a dash.)
 */
export function cell(text: string, max = MAX_TEXT): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const cut = line.length > max ? `${line.slice(0, max - 1)}…` : line;
  return cut.replaceAll(/[\\`*_{}[\]()#+\-.!:|&<>~^]/g, '\\$&');
}

/** Joins lines, with an empty line at the end: the UI's frame cuts off the last line. */
export function page(lines: readonly string[]): string {
  return [...lines, '', '\u00a0'].join('\n');
}

/** A Markdown table of failures: dataset, step and reason. */
export function failureTable(failures: readonly DatasetFailure[]): string[] {
  return [
    '| dataset | step | code | what happened |',
    '|---|---|---|---|',
    ...joinFailures(failures).map(
      (f) => `| ${cell(f.dataset)} | ${f.step} | ${cell(f.code)} | ${cell(f.message)} |`,
    ),
  ];
}

/** A Markdown list under the heading "What to do": first the failures' own hints, last where their codes are explained. */
export function remedies(
  failures: readonly Pick<DatasetFailure, 'code' | 'hint'>[],
  more: readonly string[],
): string[] {
  const hints = [...new Set(failures.flatMap(({ hint }) => hint ?? []))].map((hint) => cell(hint));
  const codes = [...new Set(failures.map(({ code }) => code))].filter((code) => /^[A-Z_]+$/.test(code));
  const explained =
    codes.length === 0 ? [] : [`More: \`${codes.map((code) => `parquetry help ${code}`).join('`, `')}\``];
  return ['**What to do**', '', ...[...hints, ...more, ...explained].map((line) => `- ${line}`)];
}

/** Current details of a running partition: one row per dataset. */
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
  return page([
    `**Parked.** Ledgers ${formatRange(range)} are not complete; nothing of the failed datasets is in the archive.`,
    '',
    ...failureTable(failures),
    '',
    ...remedies(failures, [
      'Fix the cause, then *More Actions* → *Send a Signal* → `retry`: only the failed datasets run again.',
      'Or skip these ledgers with the signal `skip`: they remain a gap that `parquetry verify` reports.',
      ...(run === undefined ? [] : [`Or type: \`parquetry retry ${run} --ledgers ${range.start}\``]),
    ]),
  ]);
}

/** Current details of a run: counts and a link to its parked partitions. */
export function backfillDetails(run: string, range: LedgerRange, progress: BackfillProgress): string {
  const { tally } = progress;
  const link = `/namespaces/{namespace}/workflows?query=${encodeURIComponent(parkedQuery(run))}`;
  const all = `/namespaces/{namespace}/workflows?query=${encodeURIComponent(`ParquetryRun="${run}"`)}`;
  return page([
    `Backfill of ledgers ${formatRange(range)}: **${progress.phase}**`,
    '',
    '| partitions | done | committed before | running | parked | failed | skipped |',
    '|---|---|---|---|---|---|---|',
    `| ${progress.total} | ${progress.done} | ${progress.skipped} | ${progress.running} | ${progress.parked} | ${progress.failed} | ${progress.abandoned} |`,
    '',
    `${tally.rows} rows in ${tally.files} files, ${tally.ledgers} ledgers, ${tally.rejected} rejected messages.`,
    '',
    `[All partitions](${all}) · [Parked partitions](${link})`,
    ...faulty(run, progress.faults ?? []),
    ...troubled(progress, progress.faults === undefined ? MAX_TROUBLED : MAX_TROUBLED / 2),
  ]);
}

/** Failed bookkeeping steps of the run, and whether it waits for a person or retries. */
function faulty(run: string, faults: readonly StepFault[]): string[] {
  if (faults.length === 0) return [];
  const final = faults.filter((fault) => fault.final);
  return [
    '',
    '| step of the run | code | what happened |',
    '|---|---|---|',
    ...faults.map(({ step, code, message }) => `| ${step} | ${cell(code)} | ${cell(message, 160)} |`),
    '',
    ...(final.length === 0
      ? ['It is retried about every minute; no action is needed if it is transient.']
      : remedies(final, [
          'Fix the cause, then *More Actions* → *Send a Signal* → `resume`: the run continues.',
          `Or type: \`parquetry retry ${run}\``,
        ])),
  ];
}

/** The ledgers of a partition in readable form; its key is made for sorting. */
export function ledgersOf({ key, range }: TroubledPartition): string {
  return range === undefined ? `from ${Number(key.slice(0, 10))}` : formatRange(range);
}

function troubled({ troubled: all, parked, failed }: BackfillProgress, most: number): string[] {
  if (all.length === 0) return [];
  const rows = all.slice(0, most).map((one) => `| ${ledgersOf(one)} | ${cell(one.reason, 160)} |`);
  const hidden = parked + failed - rows.length;
  return [
    '',
    '| ledgers | why the partition is parked or failed |',
    '|---|---|',
    ...rows,
    ...(hidden > 0 ? [`| … | and ${hidden} more |`] : []),
    ...(parked === 0
      ? []
      : ['', 'When the cause is fixed: *Send an Update* → `retryPartitions` with `{"all": true}`.']),
  ];
}
