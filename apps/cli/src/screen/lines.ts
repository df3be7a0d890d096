import { type BackfillProgress, type DatasetTally, ledgersOf } from '@parquetry/workflows';
import { formatBytes, formatCount, formatSeconds } from '../output';
import { secondsLeft, shareDone } from './estimate';
import type { PartitionSteps } from './steps';
import { type Line, cut, flow, width } from './terminal';

/** What the screen shows of a run. */
export interface Shown {
  readonly progress: BackfillProgress;
  readonly steps: readonly PartitionSteps[];
  /** Rows per second. */
  readonly rate: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const MAX_BAR = 40;
const MAX_DATASETS = 10;
const MAX_STEPS = 8;
const NOTHING: DatasetTally = { rows: 0, files: 0, bytes: 0, rejected: 0 };

/** The lines of the screen, for a terminal of some columns and at most some rows. */
export function screenLines(shown: Shown, columns: number, rows: number): Line[] {
  const { progress } = shown;
  if (progress.phase === 'planning') return [{ text: cut('planning: indexing the source', columns) }];
  const head: Line[] = [
    { text: cut(barLine(progress, columns), columns), colour: 'green' },
    ...flow([...runFacts(progress), ...dataFacts(shown)], ' · ', columns).map((text) => ({ text })),
  ];
  const foot: Line[] = [];
  if (progress.parked > 0)
    foot.push({
      text: cut('When the cause is fixed: parquetry retry', columns),
      colour: 'yellow',
    });
  const room = rows - head.length - foot.length;
  const datasets = datasetLines(progress, columns, Math.min(MAX_DATASETS, Math.ceil(room / 2)));
  const steps = stepLines(shown, columns, Math.min(MAX_STEPS, room - datasets.length));
  return [...head, ...datasets, ...steps, ...foot];
}

/** The state of a run in one line, for logs. */
export function logLine(shown: Shown): string {
  const { progress } = shown;
  if (progress.phase === 'planning') return 'planning: indexing the source';
  const left = leftText(progress);
  return `${progress.phase}: ${[
    `${settledOf(progress)}/${progress.total} partitions`,
    ...runFacts(progress).slice(2),
    `${formatCount(progress.tally.ledgers)} ledgers`,
    ...dataFacts(shown),
    ...(left === '' ? [] : [left]),
  ].join(', ')}`;
}

/** Partitions that will not run again by themselves. */
export function settledOf({ done, skipped, abandoned, failed }: BackfillProgress): number {
  return done + skipped + abandoned + failed;
}

function barLine(progress: BackfillProgress, columns: number): string {
  const share = shareDone(progress);
  const left = leftText(progress);
  const text = ` ${Math.floor(share * 100)} %${left === '' ? '' : ` · ${left}`}`;
  const size = Math.max(0, Math.min(MAX_BAR, columns - width(text)));
  const full = Math.floor(size * share);
  return '█'.repeat(full) + '░'.repeat(size - full) + text;
}

function leftText(progress: BackfillProgress): string {
  const seconds = secondsLeft(progress);
  return seconds === undefined ? '' : `${formatSeconds(seconds)} left`;
}

function runFacts(progress: BackfillProgress): string[] {
  const { phase, total, running, parked, failed } = progress;
  return [
    phase,
    `${formatCount(settledOf(progress))} of ${formatCount(total)} partitions`,
    ...(running > 0 ? [`${running} running`] : []),
    ...(parked > 0 ? [`${parked} parked`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
}

function dataFacts({ progress: { tally }, rate }: Shown): string[] {
  const { rows, rejected, bytes, bytesRead } = tally;
  return [
    `${formatCount(rows)} rows`,
    ...(rate === undefined ? [] : [`${formatCount(Math.round(rate))} rows/s`]),
    `read ${formatBytes(bytesRead)}`,
    `wrote ${formatBytes(bytes)}`,
    ...(rejected > 0 ? [`${formatCount(rejected)} rejected`] : []),
  ];
}

/** A line per dataset: the ones with the most rows, if there is no room for all. */
function datasetLines({ datasets = [], tally }: BackfillProgress, columns: number, room: number): Line[] {
  const counted = new Map(Object.entries(tally.datasets ?? {}));
  const all = datasets.map((name) => ({ name, counts: counted.get(name) ?? NOTHING }));
  const shown =
    all.length <= room
      ? all
      : [...all].sort((a, b) => b.counts.rows - a.counts.rows).slice(0, Math.max(0, room - 1));
  const cells = shown.map(({ name, counts: { rows, files, bytes } }) => [
    name,
    `${formatCount(rows)} rows`,
    `${formatCount(files)} files`,
    formatBytes(bytes),
  ]);
  const lines = table(cells, columns);
  const more = all.length - shown.length;
  if (more > 0 && room > 0) lines.push(cut(`  and ${more} more datasets`, columns));
  return lines.map((text) => ({ text }));
}

/** Aligns cells: the first column left, the others right. Columns at the right that have no room are left out. */
function table(rows: readonly (readonly string[])[], columns: number): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => width(row[at] ?? ''))));
  let shown = widths.length;
  const total = (): number => widths.slice(0, shown).reduce((sum, size) => sum + size + 2, 0);
  while (shown > 2 && total() > columns) shown -= 1;
  const name = Math.max(8, Math.min(widths[0] ?? 0, columns - (total() - (widths[0] ?? 0))));
  return rows.map((row) =>
    cut(
      row
        .slice(0, shown)
        .map((cell, at) => {
          const text = at === 0 ? cut(cell, name) : cell;
          const pad = ' '.repeat(Math.max(0, (at === 0 ? name : (widths[at] ?? 0)) - width(text)));
          return `  ${at === 0 ? text + pad : pad + text}`;
        })
        .join(''),
      columns,
    ),
  );
}

function stepLines({ progress, steps, now }: Shown, columns: number, room: number): Line[] {
  // What is retried comes first.
  const sorted = [...steps].sort((a, b) => attemptOf(b) - attemptOf(a));
  const shown = progress.running <= room ? sorted : sorted.slice(0, Math.max(0, room - 1));
  const lines = shown.slice(0, Math.max(0, room)).map((one): Line => {
    const text = `  ${ledgersOf({ ...one, reason: '' })}  ${stepText(one, now)}`;
    return { text: cut(text, columns), colour: attemptOf(one) > 1 ? 'yellow' : 'dim' };
  });
  const more = progress.running - lines.length;
  if (more > 0 && room > 0 && steps.length > 0)
    lines.push({ text: cut(`  and ${more} more partitions`, columns), colour: 'dim' });
  return lines;
}

function attemptOf({ steps }: PartitionSteps): number {
  return Math.max(1, ...steps.map(({ attempt }) => attempt));
}

function stepText({ steps }: PartitionSteps, now: number): string {
  const last = [...steps].sort((a, b) => b.attempt - a.attempt)[0];
  if (last === undefined) return 'between two steps';
  const names = [...new Set(steps.map(({ name }) => name))].join(', ');
  const since = last.since === undefined ? '' : ` ${formatSeconds((now - last.since) / 1000)}`;
  if (last.failure !== undefined) return `${names}, attempt ${last.attempt} after ${last.failure.code}`;
  return last.running ? names + since : `${names} waits for a worker${since}`;
}
