import { createHash } from 'node:crypto';
import { type CommitRecord, REUSE_MS } from '@parquetry/archive';
import type { RegisteredSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import type { FileList, Group } from './filelist';
import type { Location } from './location';
import { type EntryStatus, encodeManifest, manifestName } from './manifest';
import { encodeList, type ManifestFile } from './manifestlist';
import type { IcebergSnapshot } from './metadata';

const OPERATIONS = { append: 'append', replacement: 'overwrite', compaction: 'replace' } as const;

/** Writes an object of a table's metadata and returns its size on storage. */
export type Put = (key: string, bytes: Uint8Array) => Promise<number>;

/** Writes what is not on storage yet, and again what is so old that `gc` may be about to remove it. */
export function keepExisting(store: ObjectStore): Put {
  return async (key, bytes) => {
    if ((await store.putIfAbsent(key, bytes)) === 'created') return bytes.length;
    const found = await store.stat(key);
    // Another version of zlib may have compressed the same entries differently.
    if (found !== undefined && found.modified > Date.now() - REUSE_MS) return found.size;
    await store.replace(key, bytes);
    return bytes.length;
  };
}

/** Replaces what is on storage: it may be damaged, and `gc` removes old objects that nothing names yet. */
export function overwrite(store: ObjectStore): Put {
  return async (key, bytes) => {
    await store.replace(key, bytes);
    return bytes.length;
  };
}

/** Number, rows and bytes of files. */
interface Totals {
  files: number;
  rows: number;
  bytes: number;
}

/** Writes manifests and manifest lists of one table; each manifest once. */
export class SnapshotWriter {
  /**
   * @param schema that the metrics are written for
   * @param files of the newest snapshot
   * @param written manifests that are on storage, by their URI
   */
  constructor(
    private readonly put: Put,
    private readonly location: Location,
    private readonly schema: RegisteredSchema,
    private readonly files: FileList,
    private readonly written: Map<string, ManifestFile>,
  ) {}

  /**
   * Writes the manifests and the list of the snapshot of a commit.
   * @param index of the commit in the file list
   */
  async write(
    commit: CommitRecord,
    index: number,
    timestamp: number,
    schemaId: number | undefined,
  ): Promise<IcebergSnapshot> {
    const id = commit.version + 1;
    const added = this.files.added(index);
    const manifests: ManifestFile[] = [];
    if (added.length > 0) manifests.push(await this.manifest(id, 'added', added));
    const own = this.totals(added);
    const all = { ...own };
    for (const group of this.files.before(index)) {
      manifests.push(await this.manifest(id, 'existing', group));
      this.totals(group, all);
    }
    const list = createHash('sha256').update(manifests.map((each) => each.manifest_path).join('\n'));
    const key = this.location.key(`snap-${id}-${list.digest('hex').slice(0, 16)}.avro`);
    await this.put(key, await encodeList(key, id, manifests));
    return {
      'snapshot-id': id,
      ...(id === 1 ? {} : { 'parent-snapshot-id': id - 1 }),
      'sequence-number': id,
      'timestamp-ms': timestamp,
      'manifest-list': this.location.uri(key),
      summary: summary(commit, own, all),
      ...(schemaId === undefined ? {} : { 'schema-id': schemaId }),
    };
  }

  private async manifest(id: number, status: EntryStatus, group: Group): Promise<ManifestFile> {
    const { root } = this.location;
    const name = manifestName(root, status, this.schema.version, (hash) => this.files.update(hash, group));
    const key = this.location.key(name);
    const path = this.location.uri(key);
    const known = this.written.get(path);
    if (known !== undefined) return known;
    const live = this.files.of(group);
    const bytes = await encodeManifest(key, status, this.schema, live, (each) => this.location.uri(each));
    const { files, rows } = this.totals(group);
    const isNew = status === 'added';
    const made: ManifestFile = {
      manifest_path: path,
      manifest_length: await this.put(key, bytes),
      partition_spec_id: 0,
      content: 0,
      sequence_number: id,
      min_sequence_number: isNew ? id : 0,
      added_snapshot_id: id,
      added_files_count: isNew ? files : 0,
      existing_files_count: isNew ? 0 : files,
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

  private totals(group: Group, sum: Totals = { files: 0, rows: 0, bytes: 0 }): Totals {
    sum.files += group.length;
    for (const { rows = 0, size } of this.files.of(group)) {
      sum.rows += rows;
      sum.bytes += size;
    }
    return sum;
  }
}

function summary(
  { version, kind, removed }: CommitRecord,
  added: Totals,
  all: Totals,
): Readonly<Record<string, string>> {
  return {
    operation: OPERATIONS[kind],
    'added-data-files': String(added.files),
    'added-records': String(added.rows),
    'added-files-size': String(added.bytes),
    ...(removed === 0 ? {} : { 'deleted-data-files': String(removed) }),
    'total-data-files': String(all.files),
    'total-records': String(all.rows),
    'total-files-size': String(all.bytes),
    'total-delete-files': '0',
    'total-position-deletes': '0',
    'total-equality-deletes': '0',
    'parquetry.delta.version': String(version),
  };
}
