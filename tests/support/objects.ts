import type { ObjectStore } from '@parquetry/storage';

/** All objects of a store by key. */
export type Objects = ReadonlyMap<string, Uint8Array>;

/** Reads every object of a store. */
export async function readAll(store: ObjectStore): Promise<Objects> {
  const found = new Map<string, Uint8Array>();
  for await (const { key } of store.list('')) found.set(key, await store.get(key));
  return found;
}

/** Deletes every object below a prefix. */
export async function removeAll(store: ObjectStore, prefix: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  for (const key of keys) await store.delete(key);
}

/** Replaces the content of the store by these objects, as restoring a backup does. */
export async function restore(store: ObjectStore, objects: Objects): Promise<void> {
  await removeAll(store, '');
  for (const [key, bytes] of objects) await store.replace(key, bytes);
}
