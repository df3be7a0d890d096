import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { countPartitions, formatRange } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import { type PlannedDataset, indexRange, planDatasets } from '@parquetry/worker';
import { onInterrupt } from '../interrupt';
import { type BackfillOptions, backfillInput } from '../options';
import { type Output, formatBytes, formatCount } from '../output';

/** Lines for people; `--json` has all. */
const SHOWN = 40;

/** `parquetry plan`: what `backfill` with the same options would do, from the source and the commit log; no writes. */
export async function plan(options: BackfillOptions, output: Output): Promise<number> {
  const { spec: asked } = backfillInput(options);
  const store = openStore(asked.archive);
  const workDir = await mkdtemp(path.join(tmpdir(), 'parquetry-plan-'));
  const interrupt = onInterrupt();
  try {
    const looked = await indexRange(store, asked, { workDir, signal: interrupt.signal });
    const { spec, index, identity, exists } = looked;
    const parts: PlannedDataset[] = [];
    for await (const part of planDatasets(store, looked)) parts.push(part);
    const partitions = countPartitions(spec.range, spec.partitionSize);
    const count = (wanted: (part: PlannedDataset) => boolean): number =>
      new Set(parts.filter(wanted).map(({ range }) => range.start)).size;
    const open = count(({ run }) => run.length > 0);
    const replaced = count(({ state }) => state === 'replace');
    output.say(
      `Ledgers ${formatRange(spec.range)} (inclusive) in ${formatCount(partitions)} partitions of ${formatCount(spec.partitionSize)}: ` +
        (spec.mode === 'replace'
          ? `all would run, ${formatCount(replaced)} of them to replace what is committed where it differs.`
          : `${formatCount(open)} would run, ${formatCount(partitions - open)} are committed.`),
    );
    output.say(
      `Archive ${spec.archive}${exists ? '' : ' (new)'}: network ${identity.network}, layout ${identity.layout.kind}, ` +
        `integers ${identity.integers}${identity.prefix === undefined ? '' : `, prefix ${identity.prefix}`}.`,
    );
    printParts(parts, output);
    for (const entry of summaries(parts, index.datasets))
      output.say(
        `${entry.dataset}: ${entry.columns} columns, ${entry.messages === undefined ? 'messages not counted ahead' : `${formatCount(entry.messages)} messages in the range`}; ` +
          `${entry.missing} partitions to bring, ${spec.mode === 'replace' ? `${entry.replace} to replace` : `${entry.committed} committed, ${entry.stale} stale`}.`,
      );
    if (index.unusable > 0)
      output.say(
        `${formatCount(index.unusable)} messages have no usable type or ledger; \`parquetry inspect\` names them.`,
      );
    if (index.filtered > 0)
      output.say(`${formatCount(index.filtered)} messages lie outside the ledgers or in other types.`);
    output.say(`Read from the source: ${formatBytes(index.bytesRead)}. Nothing was written.`);
    output.document({
      spec,
      archive: { exists, identity },
      partitions: { total: partitions, run: open },
      datasets: summaries(parts, index.datasets),
      plan: parts,
      unusable: index.unusable,
      filtered: index.filtered,
      bytesRead: index.bytesRead,
    });
    return 0;
  } finally {
    interrupt.dispose();
    await rm(workDir, { recursive: true, force: true });
  }
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

interface Summary {
  readonly dataset: string;
  readonly columns: number;
  /** Messages of the whole range, counted; rejects included. */
  readonly messages?: number;
  readonly missing: number;
  readonly committed: number;
  readonly stale: number;
  readonly replace: number;
}

function summaries(
  parts: readonly PlannedDataset[],
  datasets: readonly { dataset: string; schema: { fields: readonly unknown[] }; messages?: number }[],
): Summary[] {
  return datasets.map(({ dataset, schema, messages }) => {
    const own = parts.filter((part) => part.dataset === dataset);
    const count = (...states: PlannedDataset['state'][]): number =>
      own.filter(({ state }) => states.includes(state)).length;
    return {
      dataset,
      columns: schema.fields.length,
      ...(messages === undefined ? {} : { messages }),
      missing: count('missing', 'partly'),
      committed: count('committed'),
      stale: count('stale'),
      replace: count('replace'),
    };
  });
}
