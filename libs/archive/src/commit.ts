import { createHash, randomUUID } from 'node:crypto';
import { formatRange, mergeIntervals, ParquetryError, partitionColumns } from '@parquetry/core';
import type { Action, DomainMetadata, MetaData } from './delta/actions';
import { INDEXED_PROPERTY, indexedColumns, indexedNames } from './delta/indexed';
import { TABLE_PROTOCOL } from './delta/protocol';
import { deltaSchema, type DeltaStruct, schemaFault } from './delta/schema';
import type { TableState } from './delta/state';
import { formatStats } from './delta/stats';
import type { DraftFile, PublishedFile, SegmentDraft } from './draft';
import { engineInfo } from './engine';
import {
  COVERAGE_DOMAIN,
  emptySegmentDomain,
  formatCoverage,
  type LiveSegment,
  TAGS,
  tableCoverage,
} from './table';

/** Names of the table's properties that say which registered schema it has. */
export const SCHEMA_PROPERTIES = {
  subject: 'parquetry.schema.subject',
  version: 'parquetry.schema.version',
  fingerprint: 'parquetry.schema.fingerprint',
} as const;

/** A file of a segment, on storage. */
export interface PlacedFile extends Omit<PublishedFile, 'key'> {
  /** Unix milliseconds of the object. */
  readonly modified: number;
  readonly draft: Pick<DraftFile, 'folder' | 'columns' | 'reason'>;
}

/** The parts of a draft that its commit names. */
export type CommitDraft = Pick<
  SegmentDraft,
  'range' | 'schema' | 'settings' | 'mode' | 'compaction' | 'workflow'
>;

/** What a commit is made of. */
export interface CommitParts {
  /** The archive's network and the dataset: the table's id is made from them. */
  readonly network: string;
  readonly dataset: string;
  readonly draft: CommitDraft;
  /** The draft's segment id. */
  readonly segment: string;
  readonly placed: readonly PlacedFile[];
  readonly replaces: readonly LiveSegment[];
  /** Unix milliseconds. */
  readonly now: number;
}

/**
 * The actions of one commit on top of `state`.
 * @throws ParquetryError SCHEMA_CONFLICT when the table can't contain files of the draft's schema
 */
export function commitActions(state: TableState, parts: CommitParts): Action[] {
  const { draft, segment, placed, now } = parts;
  const metaData = nextMetaData(state, parts);
  const indexed = indexedNames((metaData ?? state.metaData)?.configuration[INDEXED_PROPERTY]);
  const dataChange = draft.compaction === undefined;
  const kept = new Set(placed.map(({ path }) => path));
  const removed = parts.replaces.flatMap(({ files }) => files).filter(({ path }) => !kept.has(path));
  const appId = `parquetry:${draft.range.start}-${draft.range.end}`;
  return [
    { commitInfo: commitInfo(parts, removed.length) },
    ...(state.protocol === undefined ? [{ protocol: TABLE_PROTOCOL }] : []),
    ...(metaData === undefined ? [] : [{ metaData }]),
    { txn: { appId, version: (state.txns.get(appId)?.version ?? -1) + 1, lastUpdated: now } },
    ...removed.map(({ path, partitionValues, size }) => ({
      remove: { path, deletionTimestamp: now, dataChange, extendedFileMetadata: true, partitionValues, size },
    })),
    ...placed.map((file) => ({
      add: {
        path: file.path,
        partitionValues: file.draft.folder.values,
        size: file.size,
        modificationTime: file.modified,
        dataChange,
        stats: formatStats(draft.schema.schema, file.rows, file.draft.columns, indexed),
        tags: {
          [TAGS.segment]: segment,
          [TAGS.sha256]: file.sha256,
          [TAGS.ledgers]: `${file.range.start}-${file.range.end}`,
          [TAGS.reason]: file.draft.reason,
        },
      },
    })),
    ...domains(state, parts).map((domainMetadata) => ({ domainMetadata })),
  ];
}

function domains(state: TableState, { draft, segment, placed, replaces }: CommitParts): DomainMetadata[] {
  const coverage = mergeIntervals([...tableCoverage(state), draft.range]);
  const own = emptySegmentDomain(draft.range);
  const gone = replaces
    .filter(({ files }) => files.length === 0)
    .map(({ range }) => emptySegmentDomain(range))
    .filter((domain) => placed.length > 0 || domain !== own);
  return [
    { domain: COVERAGE_DOMAIN, configuration: formatCoverage(coverage), removed: false },
    ...gone.map((domain) => ({ domain, configuration: '', removed: true })),
    ...(placed.length === 0 ? [{ domain: own, configuration: segment, removed: false }] : []),
  ];
}

function commitInfo({ draft, segment, placed, now }: CommitParts, removed: number): Record<string, unknown> {
  return {
    timestamp: now,
    operation: 'WRITE',
    operationParameters: {
      mode: draft.mode === 'replace' ? 'Overwrite' : 'Append',
      partitionBy: JSON.stringify(partitionColumns(draft.settings.layout)),
      ledgers: formatRange(draft.range),
      segment,
    },
    operationMetrics: {
      numFiles: String(placed.length),
      numOutputRows: String(placed.reduce((sum, { rows }) => sum + rows, 0)),
      numOutputBytes: String(placed.reduce((sum, { size }) => sum + size, 0)),
      numRemovedFiles: String(removed),
    },
    isBlindAppend: false,
    engineInfo: engineInfo(),
    // Distinguishes two writers of the same segment when a response is lost.
    txnId: randomUUID(),
    ...(draft.workflow === undefined ? {} : { workflow: draft.workflow }),
  };
}

/**
 * The table's metadata when this commit must write it: the first one, the first of a newer schema version, and the first
 * on a table whose metadata does not say which columns are indexed.
 */
function nextMetaData(
  state: TableState,
  { network, dataset, draft, now }: CommitParts,
): MetaData | undefined {
  const { schema } = draft;
  const property = state.files.size === 0 ? undefined : state.metaData?.configuration[INDEXED_PROPERTY];
  const indexed = { [INDEXED_PROPERTY]: property ?? indexedColumns(schema.schema, state.files.values()) };
  const columns = partitionColumns(draft.settings.layout);
  const wanted = deltaSchema(schema.schema, columns);
  const current = state.metaData;
  if (current !== undefined) {
    const version = Number(current.configuration[SCHEMA_PROPERTIES.version] ?? 0);
    const table = JSON.parse(current.schemaString) as DeltaStruct;
    const fault =
      schema.version > version
        ? schemaFault(table, wanted)
        : schema.version < version
          ? schemaFault(wanted, table)
          : current.configuration[SCHEMA_PROPERTIES.fingerprint] === schema.fingerprint
            ? undefined
            : 'the fingerprints differ';
    if (fault !== undefined)
      throw new ParquetryError(
        'SCHEMA_CONFLICT',
        `The table ${dataset} has version ${version} of the schema ${schema.subject} and can't contain files of version ${schema.version}: ${fault}.`,
        { details: { dataset, version: schema.version, tableVersion: version } },
      );
    if (schema.version <= version) {
      const known = current.configuration[INDEXED_PROPERTY] !== undefined;
      return known ? undefined : { ...current, configuration: { ...current.configuration, ...indexed } };
    }
  }
  return {
    id: current?.id ?? tableId(network, dataset),
    name: dataset,
    ...(schema.schema.doc === undefined ? {} : { description: schema.schema.doc }),
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify(wanted),
    partitionColumns: columns,
    configuration: {
      ...current?.configuration,
      ...indexed,
      [SCHEMA_PROPERTIES.subject]: schema.subject,
      [SCHEMA_PROPERTIES.version]: String(schema.version),
      [SCHEMA_PROPERTIES.fingerprint]: schema.fingerprint,
    },
    createdTime: current?.createdTime ?? now,
  };
}

/** A version 8 UUID (RFC 9562) from the names, so that two concurrent first commits identify the same table. */
function tableId(network: string, dataset: string): string {
  const hex = createHash('sha256').update(`parquetry\n${network}\n${dataset}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
