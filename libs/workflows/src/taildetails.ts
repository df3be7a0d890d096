import { type LedgerRange, formatRange } from '@parquetry/core';
import type { FlushPolicy, TailProgress } from './contract/tail';
import { cell, failureTable, page, remedies } from './details';

/** Current details of a tail: position, lag, and what to do when it is parked. */
export function tailDetails(
  id: string,
  progress: TailProgress,
  flushing: LedgerRange | undefined,
  steps: ReadonlyMap<string, string> = new Map(),
): string {
  const { cursor, lag, tip, tally, reasons, policy } = progress;
  const behind =
    lag === undefined
      ? 'unknown'
      : `${lag.ledgers} ledgers${lag.seconds === undefined ? '' : `, ${lag.seconds} s`}`;
  const why = Object.entries(reasons).map(([reason, count]) => `${count} by ${reason}`);
  const rows = [...steps].map(([dataset, step]) => `| ${cell(dataset)} | ${step} |`);
  return page([
    `Tail: **${progress.phase}**`,
    '',
    '| next ledger | source is at | behind | flushes | ledgers | rows | late | unusable |',
    '|---|---|---|---|---|---|---|---|',
    `| ${cursor ?? '–'} | ${tip?.ledger ?? '–'} | ${behind} | ${progress.flushes} | ${tally.ledgers} | ${tally.rows} | ${progress.late} | ${progress.unusable} |`,
    '',
    `A flush ends at ${limits(policy)}; so far: ${why.join(', ') || 'none'}.`,
    ...(flushing === undefined ? [] : ['', `Flush of ledgers ${formatRange(flushing)}`]),
    ...(rows.length === 0 ? [] : ['', '| dataset | step |', '|---|---|', ...rows]),
    ...parked(id, progress),
  ]);
}

function limits({ maxRows, maxBytes, maxFileBytes, maxAgeSeconds }: FlushPolicy): string {
  return [
    ...(maxRows === undefined ? [] : [`${maxRows} rows`]),
    ...(maxBytes === undefined ? [] : [`${maxBytes} bytes of the source`]),
    ...(maxFileBytes === undefined ? [] : [`a file of about ${maxFileBytes} bytes`]),
  ]
    .concat(`${maxAgeSeconds} s`)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');
}

function parked(id: string, { failures }: TailProgress): string[] {
  if (failures.length === 0) return [];
  return [
    '',
    '**Parked.** No further ledger is processed until this is fixed.',
    '',
    ...failureTable(failures),
    '',
    ...remedies(failures, [
      'Fix the cause, then *More Actions* → *Send a Signal* → `retry`: only what failed runs again.',
      `Or type: \`parquetry retry ${id}\``,
      'The signal `stop` ends the tail; a tail that is started later continues after the committed ledgers.',
    ]),
  ];
}
