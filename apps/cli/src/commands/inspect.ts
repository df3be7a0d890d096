import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseDataset } from '@parquetry/archive';
import { MAX_LEDGER, formatRange } from '@parquetry/core';
import { type InspectedMessage, inspectNdjson } from '@parquetry/source';
import { openStore } from '@parquetry/storage';
import { indexRange, runMessages } from '@parquetry/worker';
import { openArchive } from '../archive';
import { onInterrupt } from '../interrupt';
import { type BackfillOptions, backfillInput } from '../options';
import { type Output, formatCount } from '../output';
import { Verdict } from '../verdict';

/** Options of `inspect`: those of a backfill that say what becomes of messages. */
export interface InspectOptions extends Omit<
  BackfillOptions,
  'source' | 'archive' | 'ledgers' | 'compression' | 'concurrency' | 'maxParked' | 'onFailure' | 'verify'
> {
  readonly archive?: string;
  readonly ledgers?: string;
}

/**
 * `parquetry inspect FILE…`: does what a backfill of the files would do up to the rows, and prints what becomes of each
 * message. Exit 1 when the backfill would not commit everything. With an archive its schemas, style and majors count.
 */
export async function inspect(
  files: readonly string[],
  options: InspectOptions,
  output: Output,
): Promise<number> {
  const workDir = await mkdtemp(path.join(tmpdir(), 'parquetry-inspect-'));
  const interrupt = onInterrupt();
  const { signal } = interrupt;
  try {
    if (options.archive !== undefined) await openArchive(options.archive);
    const { spec: asked } = backfillInput({
      ...options,
      source: `ndjson:${files.join(',')}`,
      // Without an archive: as in a new one.
      archive: options.archive ?? path.join(workDir, 'none'),
      ledgers: options.ledgers ?? `1-${MAX_LEDGER}`,
      compression: 'snappy',
      concurrency: 1,
      maxParked: 1,
      onFailure: 'park',
      verify: 'ledger',
    });
    const looked = await indexRange(openStore(asked.archive), asked, { workDir, signal, empty: true });
    const { spec, index } = looked;
    const schemas = new Map(
      index.datasets.map(({ dataset, schema }) => [parseDataset(dataset).messageType, schema]),
    );
    const datasets = new Map(
      index.datasets.map(({ dataset }) => [parseDataset(dataset).messageType, dataset]),
    );
    const verdict = new Verdict(spec);
    const messages: InspectedMessage[] = [];
    await inspectNdjson({
      spec: spec.source.uri.slice('ndjson:'.length),
      options: runMessages(looked),
      schemas,
      range: spec.range,
      ...(spec.types === undefined ? {} : { types: spec.types }),
      layout: spec.settings.layout,
      workDir,
      signal,
      onMessage: (found) => {
        const { dataset } = found;
        const message = {
          ...found,
          ...(dataset === undefined ? {} : { dataset: datasets.get(dataset) ?? dataset }),
        };
        verdict.add(message);
        if (output.json) messages.push(message);
        else output.say(line(message));
      },
    });
    return report(verdict, output, {
      messages,
      schemas: Object.fromEntries(index.datasets.map(({ dataset, schema }) => [dataset, schema])),
    });
  } finally {
    interrupt.dispose();
    await rm(workDir, { recursive: true, force: true });
  }
}

function report(verdict: Verdict, output: Output, found: object): number {
  const { accepted, rejected, filtered, reasons } = verdict;
  const named = Object.entries(reasons).map(([code, times]) => `${code} ${formatCount(times)}`);
  output.say();
  output.say(
    `${formatCount(accepted)} messages would be stored, ${formatCount(rejected)} rejected` +
      `${rejected === 0 ? '' : ` (${named.join(', ')})`}.`,
  );
  if (filtered > 0) output.say(`${formatCount(filtered)} lie outside the ledgers or in other types.`);
  const failing = verdict.failing();
  for (const { dataset, range, rejected: count } of failing.slice(0, 20))
    output.say(
      `Nothing of ${dataset}, ledgers ${formatRange(range)}, would be committed: it has ${formatCount(count)} rejects.`,
    );
  if (failing.length > 20) output.say(`… and of ${formatCount(failing.length - 20)} more partitions.`);
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
  const actual = fault.actual === undefined ? '' : ` (${JSON.stringify(fault.actual)})`;
  return `${what}  rejected ${fault.code}${column}: ${fault.reason}${actual}`;
}
