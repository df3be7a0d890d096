import { formatRange } from '@parquetry/core';
import type { MaintainFinding, MaintainReject, MaintainReport } from './contract/maintain';
import { cell, page } from './details';

/** Findings, rejects and commands that the details list. */
const MAX_SHOWN = 10;

/** `1 file`, `2 files`. */
export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Bytes as megabytes with one digit. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A command of the command line for an archive. */
export function command(name: string, archive: string, ...options: readonly string[]): string {
  const quoted = /^[\w./:@=+,-]+$/.test(archive) ? archive : `'${archive.replaceAll("'", `'\\''`)}'`;
  return ['parquetry', name, '--archive', quoted, ...options].join(' ');
}

/**
 * Commands for findings of an audit: the first one repeats the quick check, `verify` reads the files again; the others
 * repair what can be repaired.
 */
export function auditCommands(archive: string, findings: readonly MaintainFinding[]): string[] {
  const codes = new Set(findings.map(({ code }) => code));
  const ranges = new Set(
    findings.flatMap(({ code, dataset, range }) =>
      code === 'COVERAGE_GAP' || range === undefined
        ? []
        : [command('verify', archive, '--types', dataset, '--ledgers', `${range.start}-${range.end}`)],
    ),
  );
  return [
    command('audit', archive, '--quick'),
    ...(codes.has('COVERAGE_GAP') ? [command('audit', archive, '--quick', '--fix')] : []),
    ...(codes.has('ICEBERG_BEHIND') ? [command('iceberg sync', archive)] : []),
    ...(codes.has('ICEBERG_DIFFERS') ? [command('iceberg sync', archive, '--rebuild')] : []),
    ...[...ranges].slice(0, MAX_SHOWN),
  ];
}

/** The current details of a maintenance run: its steps, what needs a person, and new rejects. */
export function maintainDetails({ archive, steps, findings, rejects }: MaintainReport): string {
  const commands = [...new Set(steps.flatMap(({ commands: own = [] }) => own))];
  return page([
    `Maintenance of ${cell(archive)}`,
    '',
    '| step | state | what it did |',
    '|---|---|---|',
    ...steps.map(
      ({ step, outcome, summary }) =>
        `| ${step} | ${outcome === 'attention' ? '**needs a person**' : outcome === 'failed' ? '**failed**' : outcome} | ${cell(summary)} |`,
    ),
    ...listed('**Faults**', findings, findingLine),
    ...listed('**What to run**', commands, (line) => `\`${line}\``),
    ...listed('**New rejects**', rejects, rejectLine),
  ]);
}

function findingLine({ code, dataset, message }: MaintainFinding): string {
  return `${cell(code)} ${cell(dataset)}: ${cell(message)}`;
}

function rejectLine({ dataset, code, count, ranges, example }: MaintainReject): string {
  const where = ranges.length === 0 ? '' : ` in ledgers ${ranges.map(formatRange).join(', ')}`;
  return `${cell(dataset)} ${cell(code)}: ${count}${where}, e.g. ${cell(example, 160)}`;
}

/** A Markdown list under a heading; nothing for an empty one. */
function listed<T>(heading: string, items: readonly T[], line: (item: T) => string): string[] {
  if (items.length === 0) return [];
  const more = items.length - MAX_SHOWN;
  return [
    '',
    heading,
    '',
    ...items.slice(0, MAX_SHOWN).map((item) => `- ${line(item)}`),
    ...(more > 0 ? [`- … and ${more} more`] : []),
  ];
}
