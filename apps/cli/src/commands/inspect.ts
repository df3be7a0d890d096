import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ALL_LEDGERS, ParquetryError, formatRange } from '@parquetry/core';
import type { InspectedMessage } from '@parquetry/source';
import type { Verdict } from '@parquetry/worker';
import type { Define } from '../cli';
import { onInterrupt } from '../interrupt';
import { type Output, counted, formatCount } from '../output';
import { ROW_SETTINGS, type SpecOptions } from '../runoptions';

interface Options extends Omit<SpecOptions, 'source' | 'archive' | 'compression' | 'verify'> {
  readonly archive?: string;
  readonly ledgers?: string;
}

/** `parquetry inspect` */
export const define: Define = ({ command, output, run }) =>
  command('inspect', 'validate messages and show what a backfill would do with each', 'Check')
    .argument('<files...>', 'NDJSON files or globs')
    .settings(ROW_SETTINGS)
    .example("parquetry inspect './messages/*.ndjson' --archive ./archive")
    .action((files: string[], options: Options) => run(() => inspect(files, options, output)));

/** Exit 1 if the backfill would not commit everything. Uses the schemas, style and majors of the archive, if given. */
async function inspect(files: readonly string[], options: Options, output: Output): Promise<number> {
  const { inspectMessages } = require('@parquetry/worker') as typeof import('@parquetry/worker');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { runSpec } = require('../runspec') as typeof import('../runspec');
  const { sourceRanges } = require('../sourceledgers') as typeof import('../sourceledgers');
  if (options.archive !== undefined) await openArchive(options.archive);
  const run: SpecOptions = {
    ...options,
    source: `ndjson:${files.join(',')}`,
    // Without an archive, as for a new one.
    archive: options.archive ?? path.join(tmpdir(), `parquetry-none-${randomUUID()}`),
    // No row is written.
    compression: 'none',
    verify: 'ledger',
  };
  const whole = runSpec(run, { range: ALL_LEDGERS });
  const { ledgers = formatRange(ALL_LEDGERS) } = options;
  const [range, ...others] = await sourceRanges(whole, ledgers, output);
  if (range === undefined || others.length > 0)
    throw new ParquetryError('RANGE_INVALID', '`parquetry inspect` takes one range of ledgers.', {
      hint: 'Inspect the ranges one after the other.',
    });
  const spec = { ...whole, range: { start: range.start, end: range.end } };
  const interrupt = onInterrupt();
  const messages: InspectedMessage[] = [];
  try {
    const { verdict, schemas } = await inspectMessages(spec, {
      signal: interrupt.signal,
      onMessage: (message) => {
        if (output.json) messages.push(message);
        else output.say(line(message));
      },
    });
    return report(verdict, output, { messages, schemas });
  } finally {
    interrupt.dispose();
  }
}

function report(verdict: Verdict, output: Output, found: object): number {
  const { accepted, rejected, filtered, reasons } = verdict;
  const named = Object.entries(reasons).map(([code, times]) => `${code} ${formatCount(times)}`);
  output.say();
  output.say(
    `${counted(accepted, 'message')} would be stored, ${formatCount(rejected)} rejected` +
      `${rejected === 0 ? '' : ` (${named.join(', ')})`}.`,
  );
  if (filtered > 0) output.say(`${formatCount(filtered)} have other ledgers or types.`);
  const failing = verdict.failing();
  for (const { dataset, range, rejected: count } of failing.slice(0, 20))
    output.say(
      `${dataset}, ledgers ${formatRange(range)}, would not be committed: it has ${counted(count, 'reject')}.`,
    );
  if (failing.length > 20) output.say(`… and ${formatCount(failing.length - 20)} more partitions.`);
  if (verdict.unusable > 0)
    output.say(`${formatCount(verdict.unusable)} of the rejects have no usable type or ledger.`);
  output.document({
    ...found,
    accepted,
    rejected,
    unusable: verdict.unusable,
    filtered,
    reasons,
    failing,
    datasets: verdict.datasets(),
  });
  return verdict.fails ? 1 : 0;
}

function line({ position, dataset, ledger, closeTime, folder, fault, filtered }: InspectedMessage): string {
  const what = [position, dataset ?? '-', ledger ?? '-', closeTime ?? '-'].join('  ');
  if (filtered === true) return `${what}  outside the run`;
  if (fault === undefined) return `${what}  accepted → ${dataset}/${folder}`;
  const column = fault.column === undefined ? '' : ` ${fault.column}`;
  const actual =
    fault.actual === undefined || fault.actual === 'nothing' ? '' : ` (${JSON.stringify(fault.actual)})`;
  return `${what}  rejected ${fault.code}${column}: ${fault.reason}${actual}`;
}
