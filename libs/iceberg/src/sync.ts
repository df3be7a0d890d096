import { setTimeout as sleep } from 'node:timers/promises';
import { type Archive, type Dataset, Serial, type Snapshot } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { FileList } from './filelist';
import { readHistory } from './history';
import { icebergRoot, Location } from './location';
import { formatMetadata, type IcebergSnapshot, MAX_SNAPSHOTS } from './metadata';
import type { ManifestFile } from './manifestlist';
import { assertOurs, conflict, raiseHint } from './ours';
import { keepExisting, type Put, SnapshotWriter } from './snapshots';
import { type CurrentTable, currentTable, hintedVersion, readList, tableAt } from './table';

/** What a sync did with the Iceberg table of one dataset. */
export interface SyncResult {
  readonly dataset: string;
  /** `current`: the table already had the newest version; `empty`: the dataset has no commit. */
  readonly outcome: 'written' | 'current' | 'empty';
  /** Version of the Delta table; -1 without a commit. */
  readonly version: number;
  /** Snapshots that readers can choose from. */
  readonly snapshots: number;
  /** URI of the table's current metadata; empty without a commit. */
  readonly metadata: string;
}

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 100;

/** The syncs of one dataset in this process run one after the other: two at once would write the same objects. */
const turns = new WeakMap<Dataset, Serial>();
/** Datasets whose last sync in this process failed: no commit waits for the next one. */
const failed = new WeakSet<Dataset>();

/**
 * Brings the Iceberg table of a dataset to the newest version of its Delta table. It only creates objects and replaces
 * the hint, so it can be repeated after a crash at any point, and run by several processes at once.
 * @throws ParquetryError ICEBERG_UNSUPPORTED, ICEBERG_CONFLICT when the table belongs to another location or log
 */
export function syncIceberg(archive: Archive, name: string): Promise<SyncResult> {
  return inTurn(archive.dataset(name), () => sync(archive, name));
}

/**
 * Waits until the table has a version, and syncs it when that takes longer than `patienceMs`: the writer that committed
 * the version syncs it right after, unless it was lost.
 * @throws ParquetryError as `syncIceberg`
 */
export async function syncTo(
  archive: Archive,
  name: string,
  version: number,
  patienceMs: number,
): Promise<void> {
  const dataset = archive.dataset(name);
  const has = async (): Promise<boolean> =>
    ((await hintedVersion(archive.store, new Location(archive.store, name))) ?? -1) >= version;
  const until = Date.now() + (failed.has(dataset) ? 0 : patienceMs);
  for (let pause = FIRST_PAUSE_MS; Date.now() < until; pause = Math.min(MAX_PAUSE_MS, pause * 1.5)) {
    await inTurn(dataset, () => Promise.resolve());
    if (await has()) return;
    await sleep(pause);
  }
  await inTurn(dataset, async () => {
    if (!(await has())) await sync(archive, name);
  });
}

async function inTurn<T>(dataset: Dataset, run: () => Promise<T>): Promise<T> {
  const turn = turns.get(dataset) ?? new Serial();
  turns.set(dataset, turn);
  return turn.run(run);
}

async function sync(archive: Archive, name: string): Promise<SyncResult> {
  const dataset = archive.dataset(name);
  failed.add(dataset);
  const result = await toNewest(archive, name);
  failed.delete(dataset);
  return result;
}

async function toNewest(archive: Archive, name: string): Promise<SyncResult> {
  const { store } = archive;
  const location = new Location(store, name);
  const dataset = archive.dataset(name);
  icebergRoot(store.uri);
  for (;;) {
    // Read before the log, so that it can't be newer than the log.
    const before = await currentTable(store, location);
    const snapshot = await dataset.snapshot();
    const { version } = snapshot;
    if (version < 0) return { dataset: name, outcome: 'empty', version, snapshots: 0, metadata: '' };
    if (before !== undefined) await assertOurs(archive, location, before, snapshot);
    const done = (outcome: SyncResult['outcome'], { metadata }: CurrentTable): SyncResult => ({
      dataset: name,
      outcome,
      version,
      snapshots: metadata.snapshots.length,
      metadata: location.uri(location.metadata(version)),
    });
    if (before?.version === version) return done('current', before);
    const after = await write(archive, location, snapshot, { before, put: keepExisting(store) });
    await raiseHint(archive, location, snapshot);
    const newest = await dataset.snapshot();
    // A worker that commits later syncs a table that has a hint. Two cases need another turn: a commit before this first
    // hint, and newer metadata, whose hint this sync may have replaced by an older one.
    const later = await hasMetadata(store, location, version + 1, newest.version);
    if (newest.version === version || (before !== undefined && !later)) return done('written', after);
  }
}

/**
 * Writes what the metadata of the snapshot's version needs, then the metadata.
 * @param before the table that it continues; undefined for a table from the log alone
 */
export async function write(
  archive: Archive,
  location: Location,
  snapshot: Snapshot,
  { before, put }: { readonly before?: CurrentTable | undefined; readonly put: Put },
): Promise<CurrentTable> {
  const { store } = archive;
  const { version, metaData } = snapshot;
  const [schema, { commits, continues }, written] = await Promise.all([
    schemaOf(archive, snapshot),
    readHistory(archive.dataset(snapshot.dataset), snapshot, before?.version ?? -1),
    writtenManifests(store, location, before),
  ]);
  const kept = continues ? (before?.metadata.snapshots ?? []) : [];
  const snapshots: IcebergSnapshot[] = [...kept];
  const files = new FileList(snapshot, commits);
  const writer = new SnapshotWriter(put, location, schema, files, written);
  const changes = commits.some(({ schemaVersion }) => schemaVersion !== undefined);
  // Unknown for commits before the first one that tells it.
  let schemaId = kept.at(-1)?.['schema-id'] ?? (changes ? undefined : schema.version);
  for (const [index, commit] of commits.entries()) {
    schemaId = commit.schemaVersion ?? schemaId;
    // Snapshots are in the order of time, whatever the clocks of the writers showed.
    const timestamp = Math.max(commit.timestamp ?? 0, snapshots.at(-1)?.['timestamp-ms'] ?? 1);
    snapshots.push(await writer.write(commit, index, timestamp, schemaId));
  }
  const retained = snapshots.slice(-MAX_SNAPSHOTS);
  const numbers = new Set(retained.flatMap((each) => each['schema-id'] ?? []));
  numbers.delete(schema.version);
  const older = await Promise.all(
    [...numbers].sort((a, b) => a - b).map((number) => archive.registry.get(schema.subject, number)),
  );
  const text = formatMetadata({
    location,
    data: location.uri(snapshot.folder),
    uuid: metaData?.id ?? '',
    version,
    commit: commits.at(-1)?.id ?? '',
    schemas: [...older, schema],
    snapshots: retained,
  });
  await put(location.metadata(version), Buffer.from(text));
  const after = await tableAt(store, location, version);
  if (after === undefined) throw conflict(location, 'its metadata was removed while it was written');
  await assertOurs(archive, location, after, snapshot);
  return after;
}

/** The table's registered schema. @throws ParquetryError ICEBERG_UNSUPPORTED */
async function schemaOf(archive: Archive, { dataset, schema }: Snapshot): Promise<RegisteredSchema> {
  if (schema !== undefined) return archive.registry.get(schema.subject, schema.version);
  throw new ParquetryError(
    'ICEBERG_UNSUPPORTED',
    `The table ${dataset} does not say which registered schema it has: another program changed its metadata.`,
    { hint: 'Only Parquetry should write its tables.' },
  );
}

/** The manifests of the newest snapshot, by their URI: those of later snapshots are mostly the same. */
async function writtenManifests(
  store: ObjectStore,
  location: Location,
  before: CurrentTable | undefined,
): Promise<Map<string, ManifestFile>> {
  const list = location.keyOf(before?.metadata.snapshots.at(-1)?.['manifest-list'] ?? '');
  const manifests = list === undefined ? [] : await readList(store, list);
  return new Map(manifests.map((each) => [each.manifest_path, each]));
}

/** Whether one of some versions has metadata. */
async function hasMetadata(
  store: ObjectStore,
  location: Location,
  first: number,
  last: number,
): Promise<boolean> {
  for (let version = last; version >= first; version--)
    if ((await store.stat(location.metadata(version))) !== undefined) return true;
  return false;
}

/** Whether the dataset has an Iceberg table, which then follows every commit. */
export async function hasIceberg(archive: Archive, name: string): Promise<boolean> {
  return (await archive.store.stat(new Location(archive.store, name).hint)) !== undefined;
}
