import { type Archive, mapLimit } from '@parquetry/archive';
import type { ListedObject, ObjectInfo, ObjectStore } from '@parquetry/storage';
import { Location, metadataVersion } from './location';
import { type CurrentTable, hintedVersion, readList, tableAt } from './table';

const READS_AT_ONCE = 8;

/** An object of an Iceberg table that its current metadata does not need. */
export interface UnusedObject extends ListedObject {
  /** Removes it, if it is still unused and older than `before` (Unix milliseconds); true when it was removed. */
  readonly remove: (before: number) => Promise<boolean>;
}

/**
 * The metadata files, manifest lists and manifests of earlier versions, and what crashed syncs left. A reader may have
 * opened a version just before the next one was written, so nothing goes that was current after `before`.
 */
export async function* unusedObjects(archive: Archive, name: string): AsyncGenerator<UnusedObject> {
  const { store } = archive;
  const location = new Location(store, name);
  const current = new Current(store, location);
  const used = await current.used();
  if (used === undefined) return;
  let asked: number | undefined;
  let kept: Promise<(Used & { readonly modified: number }) | undefined> = Promise.resolve(undefined);
  for await (const listed of store.list(`${location.folder}/`)) {
    if (!isUnused(listed.key, location, used)) continue;
    yield {
      ...listed,
      remove: async (before) => {
        if (asked !== before) [asked, kept] = [before, currentAt(archive, location, before)];
        const then = await kept;
        const now = await current.used();
        const info = await store.stat(listed.key);
        if (then === undefined || now === undefined || info === undefined) return false;
        const unused = isUnused(listed.key, location, now) && isUnused(listed.key, location, then);
        return unused && info.modified < then.modified && store.delete(listed.key);
      },
    };
  }
}

interface Used {
  readonly version: number;
  readonly keys: ReadonlySet<string>;
}

/** What the metadata needs that was current at a time, and when it was written. */
async function currentAt(
  { store }: Archive,
  location: Location,
  before: number,
): Promise<(Used & { readonly modified: number }) | undefined> {
  let newest: { readonly version: number; readonly modified: number } | undefined;
  for await (const { key, modified } of store.list(`${location.folder}/`)) {
    const version = metadataVersion(key.slice(location.key('').length));
    if (version === undefined || modified >= before || version < (newest?.version ?? 0)) continue;
    newest = { version, modified };
  }
  if (newest === undefined) return undefined;
  const used = await keysOf(store, location, await tableAt(store, location, newest.version));
  return used === undefined ? undefined : { ...used, modified: newest.modified };
}

/** What the current metadata needs. It is read again only when the hint names other metadata, or that was replaced. */
class Current {
  private known: (ObjectInfo & { readonly version: number; readonly used: Used | undefined }) | undefined;

  constructor(
    private readonly store: ObjectStore,
    private readonly location: Location,
  ) {}

  /** Undefined without a table, or with one that was made for another place. */
  async used(): Promise<Used | undefined> {
    const { store, location, known } = this;
    const version = await hintedVersion(store, location);
    const info = version === undefined ? undefined : await store.stat(location.metadata(version));
    if (version === undefined || info === undefined) return undefined;
    if (known?.version === version && known.modified === info.modified && known.size === info.size)
      return known.used;
    const used = await keysOf(store, location, await tableAt(store, location, version));
    this.known = { ...info, version, used };
    return used;
  }
}

async function keysOf(
  store: ObjectStore,
  location: Location,
  table: CurrentTable | undefined,
): Promise<Used | undefined> {
  if (table === undefined || !location.isPlaceOf(table.metadata)) return undefined;
  const keys = new Set([location.hint, location.metadata(table.version)]);
  const keyOf = (uri: string): string => location.keyOf(uri) ?? uri;
  await mapLimit(table.metadata.snapshots, READS_AT_ONCE, async ({ 'manifest-list': list }) => {
    keys.add(keyOf(list));
    for (const { manifest_path: uri } of await readList(store, keyOf(list))) keys.add(keyOf(uri));
  });
  return { version: table.version, keys };
}

/** Metadata newer than the hint belongs to a sync that has not ended. */
function isUnused(key: string, location: Location, { version, keys }: Used): boolean {
  if (keys.has(key)) return false;
  const other = metadataVersion(key.slice(location.key('').length));
  return other === undefined || other < version;
}
