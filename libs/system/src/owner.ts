import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDead, parseIdentity, self } from './process';

/** Name of the file in a folder that identifies the process that uses the folder. */
export const OWNER_FILE = 'owner.json';

/** A process creates a folder and writes its owner file within milliseconds. */
const STARTING_MS = 10 * 60_000;

/**
 * Whether no process uses a folder: the process in its owner file is dead, or the folder has had no complete owner file
 * for ten minutes, because its process died while it started or stopped. A process on another machine counts as alive.
 */
export async function isAbandoned(dir: string): Promise<boolean> {
  const owner = parseIdentity(await readOwner(dir));
  if (owner !== undefined) return isDead(owner);
  const folder = await stat(dir).catch(() => undefined);
  return folder !== undefined && folder.mtimeMs < Date.now() - STARTING_MS;
}

/** Whether this process is the one in a folder's owner file. */
export async function isOwn(dir: string): Promise<boolean> {
  const owner = parseIdentity(await readOwner(dir));
  const { pid, host, born } = self();
  return owner?.pid === pid && owner.host === host && owner.born === born;
}

/** The text of a folder's owner file; empty if there is none. */
export async function readOwner(dir: string): Promise<string> {
  return readFile(path.join(dir, OWNER_FILE), 'utf8').catch(() => '');
}
