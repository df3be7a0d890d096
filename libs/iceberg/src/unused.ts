import type { Archive } from '@parquetry/archive';
import type { ListedObject } from '@parquetry/storage';
import { Location, metadataVersion } from './location';
import { currentTable, readList } from './table';

/** An object of an Iceberg table that its current metadata does not need. */
export interface UnusedObject extends ListedObject {
  /** Removes it, if it is still unused and older than `before` (Unix milliseconds); true when it was removed. */
  readonly remove: (before: number) => Promise<boolean>;
}

/** The metadata files, manifest lists and manifests of earlier versions, and what crashed syncs left. */
export async function* unusedObjects(archive: Archive, name: string): AsyncGenerator<UnusedObject> {
  const { store } = archive;
  const location = new Location(store, name);
  const used = await usedKeys(archive, location);
  if (used === undefined) return;
  for await (const listed of store.list(`${location.folder}/`)) {
    if (!isUnused(listed.key, location, used)) continue;
    yield {
      ...listed,
      remove: async (before) => {
        const now = await usedKeys(archive, location);
        const info = await store.stat(listed.key);
        const unused = now !== undefined && isUnused(listed.key, location, now);
        return unused && info !== undefined && info.modified < before && store.delete(listed.key);
      },
    };
  }
}

interface Used {
  readonly version: number;
  readonly keys: ReadonlySet<string>;
}

/** What the current metadata needs; undefined without a table. */
async function usedKeys({ store }: Archive, location: Location): Promise<Used | undefined> {
  const table = await currentTable(store, location);
  if (table === undefined) return undefined;
  const keys = new Set([location.hint, location.metadata(table.version)]);
  const keyOf = (uri: string): string => location.keyOf(uri) ?? uri;
  for (const { 'manifest-list': list } of table.metadata.snapshots) {
    keys.add(keyOf(list));
    for (const { manifest_path: uri } of await readList(store, keyOf(list))) keys.add(keyOf(uri));
  }
  return { version: table.version, keys };
}

/** Metadata newer than the hint belongs to a sync that has not ended. */
function isUnused(key: string, location: Location, { version, keys }: Used): boolean {
  if (keys.has(key)) return false;
  const other = metadataVersion(key.slice(location.key('').length));
  return other === undefined || other < version;
}
