import { type Archive, type Snapshot } from '@parquetry/archive';
import { type FindingCode, isParquetryError } from '@parquetry/core';
import { decodeAvro } from './avro';
import { Location } from './location';
import type { ManifestEntry } from './manifest';
import { type CurrentTable, currentTable, readList } from './table';

/** A fault of an Iceberg table. */
export interface IcebergFinding {
  readonly code: FindingCode;
  readonly fault: true;
  readonly key: string;
  /** One sentence. */
  readonly message: string;
}

/** A file as a manifest describes it. */
interface NamedFile {
  readonly size: number;
  readonly rows: number;
}

/**
 * Compares the Iceberg table of a dataset with its Delta table: the version, and for each retained snapshot that its
 * lists and manifests exist and name only files of the table; the current one must name all of them, with their sizes
 * and row counts. A dataset without an Iceberg table has no findings.
 */
export async function* checkIceberg(archive: Archive, name: string): AsyncGenerator<IcebergFinding> {
  const { store } = archive;
  const location = new Location(store, name);
  const found = (code: FindingCode, key: string, message: string): IcebergFinding => ({
    code,
    fault: true,
    key,
    message,
  });
  let table: CurrentTable | undefined;
  try {
    table = await currentTable(store, location);
  } catch (error) {
    if (!isParquetryError(error)) throw error;
    yield found('ICEBERG_DIFFERS', location.folder, error.message);
  }
  if (table === undefined) return;
  const snapshot = await archive.dataset(name).snapshot();
  const key = location.metadata(table.version);
  if (table.version !== snapshot.version) {
    yield found(
      'ICEBERG_BEHIND',
      key,
      `The Iceberg table of ${name} has version ${table.version}, the Delta table ${snapshot.version}.`,
    );
    return;
  }
  if (!location.isPlaceOf(table.metadata)) {
    const { location: other } = table.metadata;
    yield found('ICEBERG_DIFFERS', key, `The Iceberg table of ${name} belongs to ${other}.`);
    return;
  }
  try {
    const fault = await differs(archive, location, table, snapshot);
    if (fault !== undefined) yield found('ICEBERG_DIFFERS', key, `The Iceberg table of ${name}: ${fault}.`);
  } catch (error) {
    // A missing object, or one that is not Avro.
    if (isParquetryError(error) && error.code !== 'OBJECT_NOT_FOUND') throw error;
    const why = error instanceof Error ? error.message : String(error);
    yield found('ICEBERG_DIFFERS', key, `The Iceberg table of ${name} can't be read: ${why}`);
  }
}

/** The first difference between the table's snapshots and the Delta table; undefined when there is none. */
async function differs(
  { store }: Archive,
  location: Location,
  { metadata }: CurrentTable,
  snapshot: Snapshot,
): Promise<string | undefined> {
  const manifests = new Map<string, ReadonlyMap<string, NamedFile>>();
  const keyOf = (uri: string): string => location.keyOf(uri) ?? uri;
  const read = async (uri: string): Promise<ReadonlyMap<string, NamedFile>> => {
    const known = manifests.get(uri);
    if (known !== undefined) return known;
    const entries = await decodeAvro<ManifestEntry>(await store.get(keyOf(uri)));
    const files = new Map(
      entries.map(({ data_file: file }) => [
        keyOf(file.file_path),
        { size: file.file_size_in_bytes, rows: file.record_count },
      ]),
    );
    manifests.set(uri, files);
    return files;
  };
  const live = new Map(snapshot.files.map((file) => [file.key, file]));
  for (const { 'snapshot-id': id, 'manifest-list': list } of metadata.snapshots) {
    const named = new Map<string, NamedFile>();
    for (const { manifest_path: uri } of await readList(store, keyOf(list)))
      for (const [key, file] of await read(uri)) {
        if (named.has(key)) return `snapshot ${id} names ${key} twice`;
        named.set(key, file);
      }
    for (const [key, { size, rows }] of named) {
      const file = live.get(key);
      if (file === undefined) return `snapshot ${id} names ${key}, which is not in the Delta table`;
      if (file.size !== size || file.rows !== rows)
        return `snapshot ${id} gives ${key} ${size} bytes and ${rows} rows, not ${file.size} and ${String(file.rows)}`;
    }
    if (id === metadata['current-snapshot-id'] && named.size !== live.size)
      return `it names ${named.size} of the ${live.size} files of the Delta table`;
  }
  return undefined;
}
