import { createHash, type Hash } from 'node:crypto';
import type { LiveFile } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { encodeAvro, intMap, list, optional, record, required } from './avro';
import { fileMetrics } from './metrics';
import { icebergSchema } from './schema';

/** Whether a manifest's files are new in the snapshot that wrote it, or older. */
export type EntryStatus = 'added' | 'existing';

/** Changes when the content of manifests changes, so that new ones get other names. */
const FORMAT = 2;

/** Statuses of entries in the specification. */
const STATUS = { existing: 0, added: 1 } as const satisfies Record<EntryStatus, number>;

/** The sort order of the files; order 0 is "unsorted". */
export const SORT_ORDER_ID = 1;

const DATA_FILE = record('r2', [
  required(134, 'content', 'int'),
  required(100, 'file_path', 'string'),
  required(101, 'file_format', 'string'),
  required(102, 'partition', record('r102', [])),
  required(103, 'record_count', 'long'),
  required(104, 'file_size_in_bytes', 'long'),
  optional(108, 'column_sizes', intMap(117, 118, 'long')),
  optional(109, 'value_counts', intMap(119, 120, 'long')),
  optional(110, 'null_value_counts', intMap(121, 122, 'long')),
  optional(137, 'nan_value_counts', intMap(138, 139, 'long')),
  optional(125, 'lower_bounds', intMap(126, 127, 'bytes')),
  optional(128, 'upper_bounds', intMap(129, 130, 'bytes')),
  optional(131, 'key_metadata', 'bytes'),
  optional(132, 'split_offsets', list(133, 'long')),
  optional(135, 'equality_ids', list(136, 'int')),
  optional(140, 'sort_order_id', 'int'),
]);

const ENTRY = record('manifest_entry', [
  required(0, 'status', 'int'),
  optional(1, 'snapshot_id', 'long'),
  optional(3, 'sequence_number', 'long'),
  optional(4, 'file_sequence_number', 'long'),
  required(2, 'data_file', DATA_FILE),
]);

/** An entry of a manifest, as far as this library reads it back. */
export interface ManifestEntry {
  readonly status: number;
  readonly data_file: {
    readonly file_path: string;
    readonly record_count: number;
    readonly file_size_in_bytes: number;
  };
}

/**
 * The name of a manifest: a hash of all that its content depends on, so it never has to be written twice.
 * @param root URI of the archive, which is in the paths of the files
 * @param update adds the digests of the files
 */
export function manifestName(
  root: string,
  status: EntryStatus,
  version: number,
  update: (hash: Hash) => void,
): string {
  const hash = createHash('sha256').update(`${JSON.stringify([FORMAT, root, status, version])}\n`);
  update(hash);
  return `manifest-${hash.digest('hex').slice(0, 40)}.avro`;
}

/**
 * The bytes of a manifest. Added files take snapshot and sequence number from the manifest list. The log does not tell
 * when older files were added: their sequence number is 0, as for files from before version 2 of the format, and so is
 * their snapshot, which no table has.
 * @throws ParquetryError ICEBERG_UNSUPPORTED for a file without a row count
 */
export function encodeManifest(
  name: string,
  status: EntryStatus,
  schema: RegisteredSchema,
  files: readonly LiveFile[],
  uri: (key: string) => string,
): Promise<Buffer> {
  const { 'schema-id': schemaId } = icebergSchema(schema);
  const header = {
    schema: JSON.stringify(icebergSchema(schema)),
    'schema-id': String(schemaId),
    'partition-spec': '[]',
    'partition-spec-id': '0',
    'format-version': '2',
    content: 'data',
  };
  const number = status === 'added' ? null : 0;
  const entries = files.map((file) => ({
    status: STATUS[status],
    // The specification lets older entries take it from the list, too, but ClickHouse refuses such manifests.
    snapshot_id: number,
    sequence_number: number,
    file_sequence_number: number,
    data_file: dataFile(file, schema, uri),
  }));
  return encodeAvro(name, ENTRY, header, entries);
}

function dataFile(file: LiveFile, { schema }: RegisteredSchema, uri: (key: string) => string): object {
  const metrics = fileMetrics(schema, file.stats);
  if (metrics === undefined)
    throw new ParquetryError(
      'ICEBERG_UNSUPPORTED',
      `${file.key} has no row count in the log, because another program added it; Iceberg needs the count.`,
      {
        details: { key: file.key },
        hint: 'Remove the file from the table; `parquetry audit` lists such files.',
      },
    );
  const bounded = metrics.columns.filter(({ lower }) => lower !== undefined);
  return {
    content: 0,
    file_path: uri(file.key),
    file_format: 'PARQUET',
    partition: {},
    record_count: metrics.rows,
    file_size_in_bytes: file.size,
    column_sizes: null,
    value_counts: metrics.columns.map(({ id }) => ({ key: id, value: metrics.rows })),
    null_value_counts: metrics.columns.map(({ id, nulls }) => ({ key: id, value: nulls })),
    nan_value_counts: null,
    lower_bounds: bounded.map(({ id, lower }) => ({ key: id, value: lower })),
    upper_bounds: bounded.map(({ id, upper }) => ({ key: id, value: upper })),
    key_metadata: null,
    split_offsets: null,
    equality_ids: null,
    sort_order_id: SORT_ORDER_ID,
  };
}
