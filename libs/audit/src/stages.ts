import { type Dirent } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '@parquetry/core';
import { isAbandoned } from '@parquetry/system';

/** A leftover folder of a worker: a stage, temporary files, or spooled files of a run. */
export interface LeftFolder {
  /** Absolute path. */
  readonly path: string;
  readonly kind: 'stage' | 'spool';
  readonly bytes: number;
  /** Last change of anything in it, Unix milliseconds. */
  readonly modified: number;
}

/**
 * Leftovers in a work folder (`.parquetry/work`). Empty while a worker uses the folder, because workers clean it up. A
 * process on another machine counts as running, because its state is unknown.
 */
export async function leftFolders(workRoot: string): Promise<LeftFolder[]> {
  for (const temp of await entries(path.join(workRoot, 'tmp')))
    if (!(await isAbandoned(path.join(workRoot, 'tmp', temp.name)))) return [];
  const found: LeftFolder[] = [];
  for (const [folder, kind] of [
    ['stages', 'stage'],
    ['tmp', 'stage'],
    ['spool', 'spool'],
  ] as const)
    for (const entry of await entries(path.join(workRoot, folder)))
      if (entry.isDirectory()) found.push(await measure(path.join(workRoot, folder, entry.name), kind));
  return found;
}

/** Removes a leftover folder if no worker uses it and nothing in it has changed since `before` (Unix milliseconds). */
export async function removeLeft(workRoot: string, left: LeftFolder, before: number): Promise<boolean> {
  const now = (await leftFolders(workRoot)).find((folder) => folder.path === left.path);
  if (now === undefined || now.modified >= before) return false;
  await rm(left.path, { recursive: true, force: true });
  return true;
}

async function measure(dir: string, kind: LeftFolder['kind']): Promise<LeftFolder> {
  let bytes = 0;
  let modified = (await lstat(dir)).mtimeMs;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const info = await lstat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    if (info === undefined) continue;
    modified = Math.max(modified, info.mtimeMs);
    if (info.isFile()) bytes += info.size;
  }
  return { path: dir, kind, bytes, modified: Math.floor(modified) };
}

async function entries(dir: string): Promise<Dirent[]> {
  return readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
}
