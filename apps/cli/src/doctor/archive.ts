import { randomUUID } from 'node:crypto';
import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { META_FOLDER } from '@parquetry/archive';
import { type ManagedStore, openStore } from '@parquetry/storage';
import { checkArchive, wantedIdentity } from '@parquetry/worker';
import type { RunSpec } from '@parquetry/workflows';
import { archiveRoot } from '../runspec';
import type { SpecFound } from './spec';
import { type Check, type Line, failure, fault, ok, warning } from './finding';

/** Checks that an archive can be written, read, listed and cleaned up, and that its layout is the configured one. */
export function archiveCheck(root: string | undefined, { spec }: SpecFound): Check {
  return {
    name: 'archive',
    run: async () => {
      if (root === undefined)
        return [
          warning('Not checked: no archive is set.', 'Add --archive, or --config with a file that has one.'),
        ];
      const store = openStore(archiveRoot(root));
      return [await probeStore(store), await identity(store, spec)];
    },
  };
}

/** Makes the requests that a commit makes, under a key of its own. */
export async function probeStore(store: ManagedStore): Promise<Line> {
  const key = `${META_FOLDER}/probe/${randomUUID()}`;
  const bytes = Buffer.from('parquetry doctor');
  let made = false;
  try {
    const first = await store.putIfAbsent(key, bytes);
    made = first === 'created';
    const second = await store.putIfAbsent(key, Buffer.from('another'));
    if (!made || second !== 'exists')
      return fault(
        `${store.uri} does not refuse to create an object that exists: two writers could publish the same commit.`,
        'Use a store with conditional writes (If-None-Match: * or ifGenerationMatch; docs/storage.md).',
      );
    if (!bytes.equals(await store.get(key)))
      return fault(
        `${store.uri} returned bytes that differ from what was written.`,
        'Check proxies and the store.',
      );
    if (!(await lists(store, key)))
      return fault(`${store.uri} does not list a new object.`, 'Check the permission to list.');
    made = !(await store.delete(key));
    if (made || (await lists(store, key)))
      return fault(
        `${store.uri} still has the probe object ${key} after its removal.`,
        'Check the permission to delete, and object locks of the bucket.',
      );
    return ok(`${store.uri}: conditional put, get, list and delete work.`);
  } finally {
    if (made) await store.delete(key).catch(() => undefined);
    await removeEmpty(store, path.posix.dirname(key));
  }
}

async function lists(store: ManagedStore, key: string): Promise<boolean> {
  for await (const listed of store.list(key)) if (listed.key === key) return true;
  return false;
}

/** Removes the folders that the probe made on a local disk. */
async function removeEmpty(store: ManagedStore, folder: string): Promise<void> {
  const top = store.localPath('x');
  let at = store.localPath(folder);
  while (top !== undefined && at !== undefined && at.startsWith(path.dirname(top))) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
    at = path.dirname(at);
  }
}

async function identity(store: ManagedStore, spec: RunSpec | undefined): Promise<Line> {
  try {
    if ((await store.stat(`${META_FOLDER}/archive.json`)) === undefined)
      return ok('There is no archive yet; the first run creates it.');
    if (spec === undefined) return ok('An archive exists; its settings were not compared without --source.');
    const found = await checkArchive(store, wantedIdentity(spec));
    return ok(`The archive of network ${found?.network} has the configured layout, ${found?.layout.kind}.`);
  } catch (error) {
    return failure(error);
  }
}
