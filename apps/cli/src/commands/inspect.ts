import type { Layout } from '@parquetry/core';
import { SchemaRegistry } from '@parquetry/archive';
import type { TableSchema } from '@parquetry/schema';
import { type InspectedMessage, inspectNdjson } from '@parquetry/source';
import { stellarSchemas } from '@parquetry/stellar';
import { openArchive } from '../archive';
import { onInterrupt } from '../interrupt';
import { type MessageOptions, layoutOf, messageSpec, sourceUri } from '../options';
import { type Output, formatCount } from '../output';

interface Counts {
  accepted: number;
  rejected: number;
  readonly reasons: Record<string, number>;
}

/**
 * `parquetry inspect FILE…`: holds each message against its schema as a backfill of all the files would, and prints what
 * becomes of it. Exit 1 when one would be rejected. With an archive its registered schemas are the base.
 */
export async function inspect(
  files: readonly string[],
  options: MessageOptions & { archive?: string; layout: Layout['kind']; ledgersPerFolder: number },
  output: Output,
): Promise<number> {
  const { closeTime, ledger, ...types } = messageSpec(options);
  const counts: Counts = { accepted: 0, rejected: 0, reasons: {} };
  const messages: InspectedMessage[] = [];
  const interrupt = onInterrupt();
  try {
    const schemas = await inspectNdjson({
      spec: sourceUri(`ndjson:${files.join(',')}`).slice('ndjson:'.length),
      layout: layoutOf(options),
      options: {
        schemas: await bases(options.archive),
        ...types,
        ...(closeTime === undefined ? {} : { closeTimePaths: closeTime }),
        ...(ledger === undefined ? {} : { ledgerPaths: ledger }),
      },
      signal: interrupt.signal,
      onMessage: (message) => {
        count(counts, message);
        if (output.json) messages.push(message);
        else output.say(line(message));
      },
    });
    const { accepted, rejected, reasons } = counts;
    output.say();
    output.say(
      `${formatCount(accepted)} messages would be stored, ${formatCount(rejected)} rejected` +
        `${
          rejected === 0
            ? ''
            : ` (${Object.entries(reasons)
                .map(([code, times]) => `${code} ${formatCount(times)}`)
                .join(', ')})`
        }.`,
    );
    output.document({ messages, accepted, rejected, reasons, schemas: Object.fromEntries(schemas) });
    return rejected === 0 ? 0 : 1;
  } finally {
    interrupt.dispose();
  }
}

async function bases(archive: string | undefined): Promise<ReadonlyMap<string, TableSchema>> {
  const known = new Map(stellarSchemas);
  if (archive === undefined) return known;
  const { store } = await openArchive(archive);
  const registry = new SchemaRegistry(store);
  for (const subject of await registry.subjects()) {
    const latest = await registry.latest(subject);
    if (latest !== undefined) known.set(subject, latest.schema);
  }
  return known;
}

function count(counts: Counts, { fault }: InspectedMessage): void {
  if (fault === undefined) counts.accepted += 1;
  else {
    counts.rejected += 1;
    counts.reasons[fault.code] = (counts.reasons[fault.code] ?? 0) + 1;
  }
}

function line({ position, dataset, ledger, closeTime, folder, fault }: InspectedMessage): string {
  const what = [position, dataset ?? '-', ledger ?? '-', closeTime ?? '-'].join('  ');
  if (fault === undefined) return `${what}  accepted → ${dataset}/${folder}`;
  const column = fault.column === undefined ? '' : ` ${fault.column}`;
  const actual = fault.actual === undefined ? '' : ` (${JSON.stringify(fault.actual)})`;
  return `${what}  rejected ${fault.code}${column}: ${fault.reason}${actual}`;
}
