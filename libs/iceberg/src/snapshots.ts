import { createHash } from 'node:crypto';
import type { CommitRecord, LiveFile, Snapshot } from '@parquetry/archive';
import type { RegisteredSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { type Digested, groupFiles } from './groups';
import type { Location } from './location';
import { type EntryStatus, encodeManifest, fileDigest, manifestName } from './manifest';
import { encodeList, type ManifestFile } from './manifestlist';
import type { IcebergSnapshot } from './metadata';

const OPERATIONS = { append: 'append', replacement: 'overwrite', compaction: 'replace' } as const;

/** Writes manifests and manifest lists of one table; each manifest once. */
export class SnapshotWriter {
  private readonly digests = new Map<string, Buffer>();

  /**
   * @param schema that the metrics are written for
   * @param written manifests that are on storage, by their URI
   */
  constructor(
    private readonly store: ObjectStore,
    private readonly location: Location,
    private readonly schema: RegisteredSchema,
    private readonly written: Map<string, ManifestFile>,
  ) {}

  /**
   * Writes the manifests and the list of the snapshot of a commit.
   * @param files the table's files after the commit, in ledger order
   */
  async write(
    commit: CommitRecord,
    files: readonly LiveFile[],
    timestamp: number,
    schemaId: number | undefined,
  ): Promise<IcebergSnapshot> {
    const id = commit.version + 1;
    const paths = new Set(commit.added);
    const added = files.filter(({ path }) => paths.has(path));
    const older = files.filter(({ path }) => !paths.has(path));
    const manifests: ManifestFile[] = [];
    if (added.length > 0) manifests.push(await this.manifest(id, 'added', added.map(this.digested)));
    for (const group of groupFiles(older.map(this.digested)))
      manifests.push(await this.manifest(id, 'existing', group));
    const list = createHash('sha256').update(manifests.map((each) => each.manifest_path).join('\n'));
    const key = this.location.key(`snap-${id}-${list.digest('hex').slice(0, 16)}.avro`);
    await this.store.putIfAbsent(key, await encodeList(key, id, manifests));
    return {
      'snapshot-id': id,
      ...(id === 1 ? {} : { 'parent-snapshot-id': id - 1 }),
      'sequence-number': id,
      'timestamp-ms': timestamp,
      'manifest-list': this.location.uri(key),
      summary: summary(commit, added, files),
      ...(schemaId === undefined ? {} : { 'schema-id': schemaId }),
    };
  }

  private readonly digested = (file: LiveFile): Digested => {
    const known = this.digests.get(file.path) ?? fileDigest(file);
    this.digests.set(file.path, known);
    return { file, digest: known };
  };

  private async manifest(id: number, status: EntryStatus, files: readonly Digested[]): Promise<ManifestFile> {
    const { root } = this.location;
    const digests = files.map(({ digest }) => digest);
    const key = this.location.key(manifestName(root, status, this.schema.version, digests));
    const path = this.location.uri(key);
    const known = this.written.get(path);
    if (known !== undefined) return known;
    const live = files.map(({ file }) => file);
    const bytes = await encodeManifest(key, status, this.schema, live, (each) => this.location.uri(each));
    const outcome = await this.store.putIfAbsent(key, bytes);
    // Another version of zlib may have compressed the same entries differently.
    const length = outcome === 'created' ? bytes.length : (await this.store.stat(key))?.size;
    const rows = live.reduce((sum, file) => sum + (file.rows ?? 0), 0);
    const isNew = status === 'added';
    const made: ManifestFile = {
      manifest_path: path,
      manifest_length: length ?? bytes.length,
      partition_spec_id: 0,
      content: 0,
      sequence_number: id,
      min_sequence_number: isNew ? id : 0,
      added_snapshot_id: id,
      added_files_count: isNew ? files.length : 0,
      existing_files_count: isNew ? 0 : files.length,
      deleted_files_count: 0,
      added_rows_count: isNew ? rows : 0,
      existing_rows_count: isNew ? 0 : rows,
      deleted_rows_count: 0,
      partitions: null,
      key_metadata: null,
    };
    this.written.set(path, made);
    return made;
  }
}

function summary(
  { version, kind, removed }: CommitRecord,
  added: readonly LiveFile[],
  files: readonly LiveFile[],
): Readonly<Record<string, string>> {
  const sum = (list: readonly LiveFile[], of: (file: LiveFile) => number): string =>
    String(list.reduce((total, file) => total + of(file), 0));
  const rows = (file: LiveFile): number => file.rows ?? 0;
  const size = (file: LiveFile): number => file.size;
  return {
    operation: OPERATIONS[kind],
    'added-data-files': String(added.length),
    'added-records': sum(added, rows),
    'added-files-size': sum(added, size),
    ...(removed === 0 ? {} : { 'deleted-data-files': String(removed) }),
    'total-data-files': String(files.length),
    'total-records': sum(files, rows),
    'total-files-size': sum(files, size),
    'total-delete-files': '0',
    'total-position-deletes': '0',
    'total-equality-deletes': '0',
    'parquetry.delta.version': String(version),
  };
}

/** The files of a table after each of its commits, oldest first. No commit but the first may have removed files. */
export function filesAfter({ files }: Snapshot, commits: readonly CommitRecord[]): (readonly LiveFile[])[] {
  const later = new Set<string>();
  return commits
    .toReversed()
    .map(({ added }) => {
      const here = files.filter(({ path }) => !later.has(path));
      for (const path of added) later.add(path);
      return here;
    })
    .reverse();
}
