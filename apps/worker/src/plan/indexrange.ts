import { mkdir } from 'node:fs/promises';
import {
  type ArchiveIdentity,
  type Major,
  Majors,
  SchemaRegistry,
  majorAt,
  parseDataset,
  splitByMajor,
} from '@parquetry/archive';
import { type LedgerRange, ParquetryError, formatRange, isLedgerUri } from '@parquetry/core';
import { type TableSchema, portableSchema } from '@parquetry/schema';
import type { NdjsonOptions, Source, SourceIndex, SourceProgress } from '@parquetry/source';
import { messageSchemas } from '@parquetry/stellar';
import type { ObjectStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import type { AllowList } from '../allowlist';
import { checkArchive, mergeIdentity, wantedIdentity } from '../archives';
import { checkLakeTypes, messageOptions, networkName, openSource } from '../sources';
import { agreedSchema, assertColumns, contractOf } from './contract';
import { assertTypes } from './retyped';
import { checkSortKeys } from './sortkeys';
import { withReasons } from './unusable';

/** What a run would do, computed without writing to the archive; used by the plan step and `parquetry plan`. */
export interface RangeIndex {
  /** The run's spec with all settings resolved from the archive. */
  readonly spec: RunSpec;
  /** Datasets with their pinned schemas, and where the source's bytes are. */
  readonly index: SourceIndex;
  /** The identity of the archive, existing or new. */
  readonly identity: ArchiveIdentity;
  /** Whether the archive exists. */
  readonly exists: boolean;
  /** Base schemas of inference, registered or predefined, by message type. */
  readonly known: ReadonlyMap<string, TableSchema>;
}

/** Options of an index pass. */
interface IndexOptions {
  readonly workDir: string;
  readonly signal?: AbortSignal;
  /** A source without a usable message is not an error. */
  readonly empty?: true;
  readonly onProgress?: (progress: SourceProgress) => void;
  readonly allow?: AllowList | undefined;
}

/**
 * Indexes the source and reads the archive. `workDir` receives spooled files and the rejects of unusable messages;
 * nothing is written to the archive.
 * @throws ParquetryError ARCHIVE_MISMATCH, ARCHIVE_INVALID, SOURCE_NOT_FOUND, SOURCE_INVALID, MESSAGE_TYPE_UNKNOWN,
 *   SCHEMA_CONFLICT when the contract does not allow the messages
 */
export async function indexRange(
  store: ObjectStore,
  spec: RunSpec,
  options: IndexOptions,
): Promise<RangeIndex> {
  const existing = await checkArchive(store, wantedIdentity(spec));
  if (isLedgerUri(spec.source.uri)) checkLakeTypes(spec.types ?? []);
  const { integers, nesting } = mergeIdentity(wantedIdentity(spec), existing);
  const style = integers === 'signed' ? portableSchema : (schema: TableSchema): TableSchema => schema;
  const known = await knownSchemas(store, style, spec.range);
  const run = { ...spec, nested: nesting };
  const source = await openSource(run, known, options.allow);
  await mkdir(options.workDir, { recursive: true });
  const found = await look(source, spec, options);
  const majors = new Majors(store);
  const contract = contractOf(spec);
  const datasets = await Promise.all(
    found.datasets.map(async ({ dataset: messageType, schema: inferred, ...entry }) => {
      const dataset = onlyMajor(await majors.list(messageType), messageType, spec.range);
      const schema = style(inferred);
      const base = known.get(messageType);
      if (base === undefined) return { ...entry, dataset, schema };
      assertColumns(contract, dataset, base, schema, found.kind !== 'ndjson');
      return { ...entry, dataset, schema: agreedSchema(contract, base, schema) };
    }),
  );
  if (contract.types !== 'reject_row' && found.kind === 'ndjson')
    await assertTypes({ ...options, spec: run, known, datasets });
  checkSortKeys(spec.settings.sortBy ?? [], datasets);
  const network = spec.network ?? (found.network === undefined ? undefined : networkName(found.network));
  const identity = mergeIdentity({ ...wantedIdentity(spec), network }, existing);
  return {
    // The default style is omitted, so that segments from before the setting existed keep their identity.
    spec: integers === 'signed' ? { ...spec, settings: { ...spec.settings, integers } } : unstyled(spec),
    index: { ...found, datasets },
    identity,
    exists: existing !== undefined,
    known,
  };
}

/** Runs the index pass; when no message is usable, its error gives the reasons. */
async function look(source: Source, spec: RunSpec, options: IndexOptions): Promise<SourceIndex> {
  try {
    const found = await source.prepare({
      range: spec.range,
      ...(spec.types === undefined ? {} : { types: spec.types }),
      ...options,
    });
    if (options.empty !== true) checkFound(spec, found);
    return found;
  } catch (error) {
    throw await withReasons(error, options.workDir);
  }
}

/** How the messages of an indexed run are read. */
export function runMessages({ spec, identity, known }: RangeIndex): NdjsonOptions {
  return messageOptions({ ...spec, nested: identity.nesting }, known);
}

function unstyled(spec: RunSpec): RunSpec {
  const { integers, ...settings } = spec.settings;
  return integers === undefined ? spec : { ...spec, settings };
}

/**
 * Base schemas of inference by message type: a registered schema is only extended; a predefined one is the start of a
 * new type. Of several majors the one of the range's first ledger is used, without a range the newest.
 */
export async function knownSchemas(
  store: ObjectStore,
  style: (schema: TableSchema) => TableSchema,
  range?: LedgerRange,
): Promise<ReadonlyMap<string, TableSchema>> {
  const known = new Map([...messageSchemas].map(([type, schema]) => [type, style(schema)]));
  const registry = new SchemaRegistry(store);
  const majors = new Majors(store);
  const types = new Set((await registry.subjects()).map((subject) => parseDataset(subject).messageType));
  for (const type of types) {
    const list = await majors.list(type);
    const major = range === undefined ? list.at(-1) : majorAt(list, range.start);
    const latest = await registry.latest(major?.dataset ?? type);
    if (latest !== undefined) known.set(type, latest.schema);
  }
  return known;
}

/**
 * The dataset of a message type for a run's ledgers: the type's own, or that of the major they belong to.
 * @throws ParquetryError RANGE_INVALID when a promotion lies inside the range: a run has one schema per dataset
 */
function onlyMajor(majors: readonly Major[], messageType: string, range: LedgerRange): string {
  const parts = splitByMajor(majors, range);
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only.dataset;
  throw new ParquetryError(
    'RANGE_INVALID',
    `Ledgers ${formatRange(range)} belong to ${parts.length} majors of ${messageType}.`,
    {
      hint: `Run them separately: ${parts.map((part) => `${formatRange(part.range)} (${part.dataset})`).join(', ')}.`,
    },
  );
}

function checkFound(spec: RunSpec, index: SourceIndex): void {
  const found = index.datasets.map(({ dataset }) => dataset);
  const missing = spec.types?.filter((type) => !found.includes(type)) ?? [];
  if (missing.length > 0)
    throw new ParquetryError(
      'MESSAGE_TYPE_UNKNOWN',
      `The source has no messages of type ${missing.join(', ')}.`,
      {
        hint: found.length > 0 ? `It has ${found.join(', ')}.` : 'Check it with `parquetry inspect`.',
      },
    );
  if (found.length === 0)
    throw new ParquetryError(
      'SOURCE_INVALID',
      `The source has no usable message in ledgers ${spec.range.start}-${spec.range.end}: ${index.unusable} have no usable type or ledger, ${index.filtered} are for other ledgers or types.`,
      {
        details: { unusable: index.unusable, filtered: index.filtered },
        hint: 'Check --ledgers, or say what the messages are with --message-type.',
      },
    );
}
