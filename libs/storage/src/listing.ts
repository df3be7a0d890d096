import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '@parquetry/core';
import { compareKeys, isTempName } from './key';
import type { ListedObject } from './store';

/**
 * Walks a folder in byte order of the keys, with the entries of one folder in memory at a time. A folder is sorted as
 * its name with `/`, as in an object store (`a-b` before `a/x`). Symbolic links are neither followed nor listed.
 */
export async function* walk(root: string, prefix: string, after: string): AsyncGenerator<ListedObject> {
  const slash = prefix.lastIndexOf('/');
  yield* walkFolder(root, prefix.slice(0, slash + 1), prefix, after);
}

async function* walkFolder(
  root: string,
  folder: string,
  prefix: string,
  after: string,
): AsyncGenerator<ListedObject> {
  const names = (await entries(path.join(root, folder)))
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && !isTempName(entry.name))
    .map((entry) => folder + (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .filter((key) => key.startsWith(prefix) || (key.endsWith('/') && prefix.startsWith(key)))
    .filter(
      (key) => after === '' || compareKeys(key, after) > 0 || (key.endsWith('/') && after.startsWith(key)),
    )
    .sort(compareKeys);
  for (const key of names) {
    if (key.endsWith('/')) {
      yield* walkFolder(root, key, prefix, after);
      continue;
    }
    const info = await lstat(path.join(root, key)).catch(absent);
    if (info !== undefined) yield { key, size: info.size, modified: Math.floor(info.mtimeMs) };
  }
}

/** Temporary files of unfinished or running writes, under a string prefix. */
export async function* walkTemps(root: string, prefix: string, folder = ''): AsyncGenerator<ListedObject> {
  for (const entry of await entries(path.join(root, folder))) {
    const key = folder + entry.name;
    if (entry.isFile() && isTempName(entry.name) && key.startsWith(prefix)) {
      const info = await lstat(path.join(root, key)).catch(absent);
      if (info !== undefined) yield { key, size: info.size, modified: Math.floor(info.mtimeMs) };
    }
    const below = `${key}/`;
    if (entry.isDirectory() && (below.startsWith(prefix) || prefix.startsWith(below)))
      yield* walkTemps(root, prefix, below);
  }
}

/** Entries of a folder; none when there is no such folder. */
export async function entries(folder: string): Promise<Dirent[]> {
  return (await readdir(folder, { withFileTypes: true }).catch(absent)) ?? [];
}

/** Names of the folders directly below a folder, without a slash, in order. */
export async function folderNames(names: AsyncIterable<string>): Promise<string[]> {
  const folders: string[] = [];
  for await (const name of names) if (name.endsWith('/')) folders.push(name.slice(0, -1));
  return folders.sort(compareKeys);
}

function absent(error: unknown): undefined {
  if (systemErrorCode(error) === 'ENOENT') return undefined;
  throw error;
}
