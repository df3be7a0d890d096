import type { Archive, Snapshot } from '@parquetry/archive';
import { Location, metadataVersion } from './location';
import { isOurs, raiseHint } from './ours';
import { overwrite } from './snapshots';
import { type SyncResult, syncIceberg, write } from './sync';
import { type CurrentTable, currentTable } from './table';

/** Syncs that ran while the table was rebuilt may have continued the old metadata, each one once. */
const MAX_TURNS = 5;

/**
 * Writes the Iceberg metadata of a dataset again, from its Delta log alone: after the archive was moved, copied or
 * restored, or when metadata is damaged. Objects are replaced and none that a table names is removed, so readers and the
 * syncs of running workers find a complete table at all times.
 * @throws ParquetryError ICEBERG_UNSUPPORTED
 */
export async function rebuildIceberg(archive: Archive, name: string): Promise<SyncResult> {
  const { store } = archive;
  const location = new Location(store, name);
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const snapshot = await archive.dataset(name).snapshot();
    if (snapshot.version < 0) {
      await store.delete(location.hint);
      await removeForeign(archive, location, snapshot);
      break;
    }
    const made = await write(archive, location, snapshot, { put: overwrite(store) });
    await raiseHint(archive, location, snapshot);
    await removeForeign(archive, location, snapshot);
    const current = await currentTable(store, location);
    if (current !== undefined && continues(current, made)) break;
  }
  return syncIceberg(archive, name);
}

/** Whether a table is the rebuilt one or continues it. */
function continues({ metadata }: CurrentTable, { metadata: made }: CurrentTable): boolean {
  const last = made.snapshots.at(-1);
  const same = metadata.snapshots.find((each) => each['snapshot-id'] === last?.['snapshot-id']);
  // A replacement or compaction since then ends the history; its snapshots are new.
  return same === undefined || same['manifest-list'] === last?.['manifest-list'];
}

/** Removes metadata files that belong to another place or log: a later version would meet them. */
async function removeForeign(archive: Archive, location: Location, snapshot: Snapshot): Promise<void> {
  const { store } = archive;
  for await (const { key } of store.list(location.key('v'))) {
    const version = metadataVersion(key.slice(location.key('').length));
    if (version !== undefined && !(await isOurs(archive, location, version, snapshot)))
      await store.delete(key);
  }
}
