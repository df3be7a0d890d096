import type { ObjectStore } from '@parquetry/storage';
import { whenAbsent } from '../absent';
import { META_FOLDER } from '../identity';

/** Where damaged files of a log are moved to. */
export function damagedFolder(dataset: string): string {
  return `${META_FOLDER}/damaged/${dataset}/`;
}

/**
 * The key of the object that exists while a restore writes: after a crash, a log that is only partly written again may
 * look whole.
 */
export function markerKey(dataset: string): string {
  return `${damagedFolder(dataset)}unfinished.json`;
}

/** The segments that an unfinished restore was told to ignore; undefined when there was none. */
export async function readMarker(
  store: ObjectStore,
  dataset: string,
): Promise<readonly string[] | undefined> {
  const bytes = await store.get(markerKey(dataset)).catch(whenAbsent);
  if (bytes === undefined) return undefined;
  return (JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly exclude: readonly string[] }).exclude;
}
