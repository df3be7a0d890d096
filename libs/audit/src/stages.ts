import { type Dirent } from 'node:fs';
import { lstat, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '@parquetry/core';
import { isDead, parseIdentity } from '@parquetry/system';

/** A folder that a worker left: its stages, or a run's spooled files. */
export interface LeftFolder {
  /** Absolute path. */
  readonly path: string;
  readonly kind: 'stage' | 'spool';
  readonly bytes: number;
  /** Last change of anything in it, Unix milliseconds. */
  readonly modified: number;
}

/**
 * What dead workers of this machine left below a work folder (`.parquetry/work`). Stages of a worker that lives, or of
 * another machine, are not among them; spooled files are, when no worker of the folder lives.
 */
export async function leftFolders(workRoot: string): Promise<LeftFolder[]> {
  const found: LeftFolder[] = [];
  let living = 0;
  for (const worker of await entries(path.join(workRoot, 'workers'))) {
    if (!worker.isDirectory()) continue;
    const dir = path.join(workRoot, 'workers', worker.name);
    if (await lives(dir)) living += 1;
    else found.push(await measure(dir, 'stage'));
  }
  if (living === 0)
    for (const entry of await entries(path.join(workRoot, 'spool')))
      if (entry.isDirectory()) found.push(await measure(path.join(workRoot, 'spool', entry.name), 'spool'));
  return found;
}

/** Removes such a folder, if its worker is still dead and nothing in it changed since `before` (Unix milliseconds). */
export async function removeLeft(workRoot: string, left: LeftFolder, before: number): Promise<boolean> {
  const now = (await leftFolders(workRoot)).find((folder) => folder.path === left.path);
  if (now === undefined || now.modified >= before) return false;
  await rm(left.path, { recursive: true, force: true });
  return true;
}

/** Whether the folder's worker may be alive. A note that is missing or cut short names nobody: it begins or ends just now. */
async function lives(dir: string): Promise<boolean> {
  const owner = parseIdentity(await readFile(path.join(dir, 'worker.json'), 'utf8').catch(() => ''));
  return owner === undefined || !isDead(owner);
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
