import { formatRange } from '@parquetry/core';
import type { PlannedDataset, RunPreview } from '@parquetry/worker';
import type { Define } from '../cli';
import { onInterrupt } from '../interrupt';
import { type Output, formatBytes, formatCount } from '../output';
import { type BackfillOptions, MODE_SETTINGS, REQUIRED, RUN_SETTINGS } from '../runoptions';

/** Rows of the text table; `--json` has all. */
const SHOWN = 40;

/** `parquetry plan` */
export const define: Define = ({ command, output, run }) =>
  command('plan', 'show what a backfill would do and why; writes nothing', 'Check')
    .settings([...RUN_SETTINGS, ...MODE_SETTINGS, 'profile'], { required: REQUIRED })
    .example('parquetry plan --source galexie:./lake --archive ./archive --ledgers 426000-426100')
    .action((options: BackfillOptions) => run(() => plan(options, output)));

/** Shows what `backfill` with the same options would do; also `backfill --dry-run`. */
export async function plan(options: BackfillOptions, output: Output): Promise<number> {
  const { previewRun } = require('@parquetry/worker') as typeof import('@parquetry/worker');
  const { backfillInput, runRanges } = require('../runspec') as typeof import('../runspec');
  const { eachRange } = require('../eachrange') as typeof import('../eachrange');
  const ranges = await runRanges(options, output, { timed: true });
  const interrupt = onInterrupt();
  const totals = { total: 0, run: 0 };
  try {
    const code = await eachRange(ranges, output, async (range, to) => {
      const preview = await previewRun(backfillInput(options, range).spec, interrupt.signal);
      totals.total += preview.partitions.total;
      totals.run += preview.partitions.run;
      sayPreview(preview, to);
      to.document(preview);
      return 0;
    });
    if (ranges.length > 1)
      output.say(
        `In all: ${formatCount(totals.run)} of ${formatCount(totals.total)} partitions in ${ranges.length} runs, one after the other.`,
      );
    return code;
  } finally {
    interrupt.dispose();
  }
}

function replacedIn({ plan: parts }: RunPreview): number {
  return new Set(parts.filter(({ state }) => state === 'replace').map(({ range }) => range.start)).size;
}

function sayPreview(preview: RunPreview, output: Output): void {
  const { spec, archive, partitions, datasets, unusable, filtered, bytesRead } = preview;
  const { total, run } = partitions;
  const { identity } = archive;
  const replaces = spec.mode === 'replace';
  output.say(
    `Ledgers ${formatRange(spec.range)} (inclusive) in ${formatCount(total)} partitions of ${formatCount(spec.partitionSize)}: ` +
      (replaces
        ? `all would run, ${formatCount(replacedIn(preview))} of them to replace what is committed where it differs.`
        : `${formatCount(run)} would run, ${formatCount(total - run)} are committed.`),
  );
  output.say(
    `Archive ${spec.archive}${archive.exists ? '' : ' (new)'}: network ${identity.network}, layout ${identity.layout.kind}, ` +
      `integers ${identity.integers}${identity.prefix === undefined ? '' : `, prefix ${identity.prefix}`}.`,
  );
  printParts(preview.plan, output);
  for (const { dataset, columns, messages, missing, replace, committed, stale } of datasets)
    output.say(
      `${dataset}: ${columns} columns, ${messages === undefined ? 'messages not counted' : `${formatCount(messages)} messages in the range`}; ` +
        `${missing} partitions to write, ${replaces ? `${replace} to replace` : `${committed} committed, ${stale} stale`}.`,
    );
  if (unusable > 0)
    output.say(
      `${formatCount(unusable)} messages have no usable type or ledger; \`parquetry inspect\` lists them.`,
    );
  if (filtered > 0) output.say(`${formatCount(filtered)} messages have other ledgers or types.`);
  output.say(`Read from the source: ${formatBytes(bytesRead)}. Nothing was written.`);
}

function printParts(parts: readonly PlannedDataset[], output: Output): void {
  output.table(
    ['ledgers', 'dataset', 'state', 'messages', 'why'],
    parts
      .slice(0, SHOWN)
      .map(({ range, dataset, state, messages, why }) => [
        formatRange(range),
        dataset,
        state,
        messages === undefined ? 'unknown' : `about ${formatCount(messages)}`,
        why,
      ]),
  );
  if (parts.length > SHOWN) output.say(`… and ${formatCount(parts.length - SHOWN)} more; --json prints all.`);
}
