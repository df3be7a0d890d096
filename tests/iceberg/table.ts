import { Archive, type Follower, type PublishResult, type SegmentDraft } from '@parquetry/archive';
import { portableSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { IDENTITY, plainDraft, registered, SMALL_SCHEMA } from '../../libs/archive/src/testing/fixture';
import { decodeAvro } from '../../libs/iceberg/src/avro';
import { Location } from '../../libs/iceberg/src/location';
import type { ManifestEntry } from '../../libs/iceberg/src/manifest';
import type { TableMetadata } from '../../libs/iceberg/src/metadata';
import { readList } from '../../libs/iceberg/src/table';

/** A schema of two columns that Iceberg has too. */
const SCHEMA = portableSchema(SMALL_SCHEMA);
/** Identity of the archives. */
const CREATE = { ...IDENTITY, integers: 'signed' } as const;

/** Opens the archive of a store; creates it with the schema. */
export async function open(store: ObjectStore, clock?: () => number): Promise<Archive> {
  const archive = await Archive.open(store, { create: CREATE, ...(clock === undefined ? {} : { clock }) });
  await archive.registry.register('events', SCHEMA);
  return archive;
}

/** Publishes a range of `events`. */
export async function commit(
  archive: Archive,
  folder: string,
  start: number,
  end: number,
  {
    follower,
    ...options
  }: Partial<SegmentDraft> & {
    readonly text?: string;
    readonly count?: number;
    readonly follower?: Follower;
  } = {},
): Promise<PublishResult> {
  const draft = await plainDraft(folder, { start, end }, { schema: registered(SCHEMA), ...options });
  return archive.dataset('events').publish(draft, follower === undefined ? {} : { follower });
}

/** The metadata that the hint names. */
export async function metadataOf({ store }: Archive): Promise<TableMetadata> {
  const location = new Location(store, 'events');
  const hint = Buffer.from(await store.get(location.hint)).toString();
  return JSON.parse(
    Buffer.from(await store.get(location.key(`v${hint}.metadata.json`))).toString(),
  ) as TableMetadata;
}

/** Keys of the data files of each snapshot, by its Delta version; checks that all objects exist as they are named. */
export async function filesOf(
  { store }: Archive,
  { snapshots }: TableMetadata,
): Promise<Record<number, string[]>> {
  const location = new Location(store, 'events');
  const key = (uri: string): string => location.keyOf(uri) ?? uri;
  const found: Record<number, string[]> = {};
  for (const each of snapshots) {
    const files: string[] = [];
    for (const { manifest_path: manifest, manifest_length: length } of await readList(
      store,
      key(each['manifest-list']),
    )) {
      expect((await store.stat(key(manifest)))?.size).toBe(length);
      const entries = await decodeAvro<ManifestEntry>(await store.get(key(manifest)));
      for (const { data_file: file } of entries) {
        expect((await store.stat(key(file.file_path)))?.size).toBe(file.file_size_in_bytes);
        files.push(key(file.file_path));
      }
    }
    found[each['snapshot-id'] - 1] = files.sort();
  }
  return found;
}

/** Keys of the files in the Delta table. */
export const liveKeys = async (archive: Archive): Promise<string[]> =>
  (await archive.dataset('events').files()).map(({ key }) => key).sort();
