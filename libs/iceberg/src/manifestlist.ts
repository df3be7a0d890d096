import { encodeAvro, list, optional, record, required } from './avro';

const SUMMARY = record('r508', [
  required(509, 'contains_null', 'boolean'),
  optional(518, 'contains_nan', 'boolean'),
  optional(510, 'lower_bound', 'bytes'),
  optional(511, 'upper_bound', 'bytes'),
]);

const MANIFEST_FILE = record('manifest_file', [
  required(500, 'manifest_path', 'string'),
  required(501, 'manifest_length', 'long'),
  required(502, 'partition_spec_id', 'int'),
  required(517, 'content', 'int'),
  required(515, 'sequence_number', 'long'),
  required(516, 'min_sequence_number', 'long'),
  required(503, 'added_snapshot_id', 'long'),
  required(504, 'added_files_count', 'int'),
  required(505, 'existing_files_count', 'int'),
  required(506, 'deleted_files_count', 'int'),
  required(512, 'added_rows_count', 'long'),
  required(513, 'existing_rows_count', 'long'),
  required(514, 'deleted_rows_count', 'long'),
  optional(507, 'partitions', list(508, SUMMARY)),
  optional(519, 'key_metadata', 'bytes'),
]);

/** A manifest in a manifest list. */
export interface ManifestFile {
  readonly manifest_path: string;
  /** Bytes. */
  readonly manifest_length: number;
  readonly partition_spec_id: number;
  readonly content: number;
  readonly sequence_number: number;
  readonly min_sequence_number: number;
  /** The snapshot that wrote the manifest. */
  readonly added_snapshot_id: number;
  readonly added_files_count: number;
  readonly existing_files_count: number;
  readonly deleted_files_count: number;
  readonly added_rows_count: number;
  readonly existing_rows_count: number;
  readonly deleted_rows_count: number;
  readonly partitions: null;
  readonly key_metadata: null;
}

/** The bytes of the manifest list of a snapshot. */
export function encodeList(
  name: string,
  snapshotId: number,
  manifests: readonly ManifestFile[],
): Promise<Buffer> {
  const header = {
    'snapshot-id': String(snapshotId),
    'parent-snapshot-id': snapshotId === 1 ? 'null' : String(snapshotId - 1),
    'sequence-number': String(snapshotId),
    'format-version': '2',
  };
  return encodeAvro(name, MANIFEST_FILE, header, manifests);
}
