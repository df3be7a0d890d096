import { parseDataset } from '@parquetry/archive';
import { type TableSchema, compareSchemas, describeChange } from '@parquetry/schema';
import { type InspectedMessage, inspectNdjson, openNdjsonSource } from '@parquetry/source';
import type { RunSpec } from '@parquetry/workflows';
import type { AllowList } from '../allowlist';
import { messageFiles, messageOptions } from '../sources';
import { retyped } from './contract';

/** Codes of rejects for values that do not fit the column. */
const TYPE_CODES = new Set([
  'TYPE_MISMATCH',
  'INT_OUT_OF_RANGE',
  'NOT_INTEGER',
  'NOT_EXACT',
  'NOT_DECIMAL',
  'DECIMAL_OUT_OF_RANGE',
  'BAD_TIME',
  'TIME_PRECISION',
  'TIME_OUT_OF_RANGE',
]);

/** Whether a reject is about the type of a column, not about the ledger or close time. */
export function isTypeFault(
  { code, column }: { readonly code: string; readonly column?: string },
  { ledgerColumn, closeTimeColumn }: TableSchema,
): boolean {
  return (
    TYPE_CODES.has(code) && column !== undefined && column !== ledgerColumn && column !== closeTimeColumn
  );
}

/** Values of one column that do not fit its type. */
interface Misfit {
  readonly expected: string;
  readonly actual: string;
  messages: number;
  readonly first: string;
}

/**
 * Refuses a run whose messages have values that do not fit the columns of a known schema, before anything is written.
 * Reads the source again, and a second time to find fitting types if necessary.
 * @throws ParquetryError SCHEMA_CONFLICT with the columns, the types, and the first ledger of a new major
 */
export async function assertTypes(request: {
  readonly spec: RunSpec;
  readonly known: ReadonlyMap<string, TableSchema>;
  readonly datasets: readonly { readonly dataset: string; readonly schema: TableSchema }[];
  readonly workDir: string;
  readonly signal?: AbortSignal;
  readonly allow?: AllowList | undefined;
}): Promise<void> {
  const { spec, known, datasets, workDir, signal, allow } = request;
  const schemas = new Map(datasets.map(({ dataset, schema }) => [parseDataset(dataset).messageType, schema]));
  const misfits = new Map<string, Map<string, Misfit>>();
  const ledgers = new Map<string, number>();
  await inspectNdjson({
    spec: messageFiles(spec),
    options: messageOptions(spec, known, allow),
    schemas,
    range: spec.range,
    ...(spec.types === undefined ? {} : { types: spec.types }),
    layout: spec.settings.layout,
    workDir,
    ...(signal === undefined ? {} : { signal }),
    onMessage: (message) => {
      const { dataset = '', ledger = 0, fault } = message;
      const schema = known.has(dataset) ? schemas.get(dataset) : undefined;
      if (fault === undefined || schema === undefined || !isTypeFault(fault, schema)) return;
      const columns = misfits.get(dataset) ?? new Map<string, Misfit>();
      misfits.set(dataset, columns);
      ledgers.set(dataset, Math.min(ledgers.get(dataset) ?? ledger, ledger));
      noteMisfit(columns, fault, message.position);
    },
  });
  const [found] = [...misfits].sort(([a], [b]) => (a < b ? -1 : 1));
  if (found === undefined) return;
  const [messageType, columns] = found;
  const dataset = datasets.find((entry) => parseDataset(entry.dataset).messageType === messageType)?.dataset;
  const wanted = await wantedTypes(request, messageType);
  const lines = [...columns].map(([column, { expected, actual, messages, first }]) => {
    const change = wanted.get(column) ?? `~ ${column}: ${expected}, not ${actual}`;
    return `${change} (${messages} messages, the first is ${first})`;
  });
  throw retyped(dataset ?? messageType, messageType, lines, ledgers.get(messageType) ?? spec.range.start);
}

function noteMisfit(
  columns: Map<string, Misfit>,
  { column = '', expected = '', actual = '' }: NonNullable<InspectedMessage['fault']>,
  position: string,
): void {
  const known = columns.get(column);
  if (known === undefined) columns.set(column, { expected, actual, messages: 1, first: position });
  else known.messages += 1;
}

/** Infers the column types of a message type without a base schema, as changes by column. */
async function wantedTypes(
  { spec, known, datasets, workDir, signal, allow }: Parameters<typeof assertTypes>[0],
  messageType: string,
): Promise<Map<string, string>> {
  const registered = datasets.find(
    ({ dataset }) => parseDataset(dataset).messageType === messageType,
  )?.schema;
  const others = new Map([...known].filter(([type]) => type !== messageType));
  const source = await openNdjsonSource(messageFiles(spec), messageOptions(spec, others, allow));
  const { datasets: free } = await source.prepare({
    range: spec.range,
    types: [messageType],
    workDir,
    ...(signal === undefined ? {} : { signal }),
  });
  const [inferred] = free;
  if (registered === undefined || inferred === undefined) return new Map();
  // Compares only types, by name; the ids of two inferences may differ.
  const byName = new Map(inferred.schema.fields.map((field) => [field.name, field]));
  const fields = registered.fields.map((field) => ({
    ...field,
    type: byName.get(field.name)?.type ?? field.type,
  }));
  const changes = compareSchemas(registered, { ...registered, fields });
  return new Map(
    changes.flatMap((change) => (change.kind === 'type' ? [[change.path, describeChange(change)]] : [])),
  );
}
