import { ParquetryError } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { Location } from './location';
import { SORT_ORDER_ID } from './manifest';
import { type IcebergSchema, icebergSchema, lastColumnId, nameMapping } from './schema';

/** Most snapshots that a table keeps, so that the size of its metadata is bounded. */
export const MAX_SNAPSHOTS = 100;

/** A snapshot in the JSON form of the specification. */
export interface IcebergSnapshot {
  /** The Delta version plus 1; Iceberg has no snapshot 0. */
  readonly 'snapshot-id': number;
  readonly 'parent-snapshot-id'?: number;
  readonly 'sequence-number': number;
  readonly 'timestamp-ms': number;
  readonly 'manifest-list': string;
  readonly summary: Readonly<Record<string, string>>;
  readonly 'schema-id'?: number;
}

/** The members of a table's metadata that this library reads back. */
export interface TableMetadata {
  readonly 'format-version': 2;
  readonly 'table-uuid': string;
  readonly location: string;
  readonly 'current-snapshot-id': number;
  readonly snapshots: readonly IcebergSnapshot[];
  readonly schemas: readonly IcebergSchema[];
  readonly properties: Readonly<Record<string, string>>;
}

/** Properties that connect a table's metadata to a commit of the Delta log. */
const DELTA = { version: 'parquetry.delta.version', commit: 'parquetry.delta.commit' } as const;

/** What the metadata of one Delta version is made of. */
export interface MetadataParts {
  readonly location: Location;
  /** The table's folder of data files. */
  readonly data: string;
  readonly uuid: string;
  readonly version: number;
  /** The id of the Delta commit. */
  readonly commit: string;
  /** All versions that a snapshot may have, the current one last. */
  readonly schemas: readonly RegisteredSchema[];
  /** Oldest first. */
  readonly snapshots: readonly IcebergSnapshot[];
}

/** The table metadata, as it is stored. */
export function formatMetadata(parts: MetadataParts): string {
  const { location, schemas, snapshots, version } = parts;
  const schema = schemas.at(-1);
  const last = snapshots.at(-1);
  if (schema === undefined || last === undefined)
    throw new ParquetryError('INTERNAL', 'A table has a schema and a snapshot.');
  const id = version + 1;
  const ledger = schema.schema.fields.find(({ name }) => name === schema.schema.ledgerColumn);
  const metadata: TableMetadata & Readonly<Record<string, unknown>> = {
    'format-version': 2,
    'table-uuid': parts.uuid,
    location: location.table,
    'last-sequence-number': id,
    'last-updated-ms': last['timestamp-ms'],
    'last-column-id': schemas.map(lastColumnId).reduce((max, each) => Math.max(max, each), 0),
    'current-schema-id': schema.version,
    schemas: schemas.map(icebergSchema),
    'default-spec-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields: [] }],
    'last-partition-id': 999,
    'default-sort-order-id': SORT_ORDER_ID,
    'sort-orders': [
      {
        'order-id': SORT_ORDER_ID,
        fields: [
          { transform: 'identity', 'source-id': ledger?.id, direction: 'asc', 'null-order': 'nulls-first' },
        ],
      },
    ],
    properties: {
      [DELTA.version]: String(version),
      [DELTA.commit]: parts.commit,
      'schema.name-mapping.default': nameMapping(schema),
      'write.data.path': parts.data,
      'write.metadata.path': location.uri(location.key('').slice(0, -1)),
      // Files belong to the Delta table: no command of another engine may delete them.
      'gc.enabled': 'false',
    },
    'current-snapshot-id': id,
    refs: { main: { 'snapshot-id': id, type: 'branch' } },
    snapshots,
    'snapshot-log': snapshots.map((each) => ({
      'timestamp-ms': each['timestamp-ms'],
      'snapshot-id': each['snapshot-id'],
    })),
    'metadata-log': [],
    statistics: [],
    'partition-statistics': [],
  };
  return `${JSON.stringify(metadata)}\n`;
}

/** Parses table metadata. @throws ParquetryError ICEBERG_CONFLICT when it was not written by this library */
export function parseMetadata(text: string, key: string): TableMetadata {
  let value: Partial<TableMetadata> | null | undefined;
  try {
    value = JSON.parse(text) as Partial<TableMetadata> | null;
  } catch {
    value = undefined;
  }
  if (value?.properties?.[DELTA.version] !== undefined && Array.isArray(value.snapshots))
    return value as TableMetadata;
  throw new ParquetryError('ICEBERG_CONFLICT', `${key} was written by another program.`, {
    details: { key },
    hint: 'Parquetry is the only writer of its Iceberg tables. `parquetry iceberg sync --rebuild` makes them again.',
  });
}

/** The Delta version and commit that metadata belongs to. */
export function deltaOf({ properties }: TableMetadata): {
  readonly version: number;
  readonly commit: string;
} {
  return { version: Number(properties[DELTA.version]), commit: properties[DELTA.commit] ?? '' };
}
