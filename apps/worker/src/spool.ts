import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TidyRule, filesIn, lastChange } from './tidyrule';

/** Folder in a spool with one file per workflow that uses it. */
const USERS = '.users';
/** Suffix of a spool that is being removed. */
const REMOVED = '.removed-';

/** Creates a spool folder and records a workflow that uses it: the folder stays while one of its workflows runs. */
export async function openSpool(dir: string, workflowId: string | undefined): Promise<void> {
  const users = path.join(dir, USERS);
  await mkdir(users, { recursive: true });
  if (workflowId !== undefined)
    await writeFile(path.join(users, createHash('sha256').update(workflowId).digest('hex')), workflowId);
}

/**
 * Removes the spools below `root` whose workflows have all ended, in any way and on any worker, and those that nothing has
 * used since `stale`: each use records its workflow again, and makes the spool again if it is gone. Workflows recorded after
 * `idle` count as running.
 */
export async function tidySpools(root: string, { stale, idle, isOver }: TidyRule): Promise<void> {
  for (const dir of await filesIn(root)) {
    const users = await filesIn(path.join(dir, USERS)).catch(() => []);
    if ((await isRecorded(users, stale)) || (await lastChange(dir)) >= stale) {
      if (users.length === 0 && !dir.includes(REMOVED)) continue;
      if (await isUsed(users, idle, isOver)) continue;
    }
    // Renamed first: a pull that starts meanwhile creates the folder again, and keeps it.
    const removed = `${dir}${REMOVED}${randomBytes(4).toString('hex')}`;
    await rename(dir, removed);
    await rm(removed, { recursive: true, force: true });
  }
}

/** Whether a workflow was recorded since a time: most spools need no look at all of their files. */
async function isRecorded(users: readonly string[], since: number): Promise<boolean> {
  for (const file of users) if ((await stat(file)).mtimeMs >= since) return true;
  return false;
}

/** Whether one of the recorded workflows may be running; records of ended ones are removed. */
async function isUsed(users: readonly string[], idle: number, isOver: TidyRule['isOver']): Promise<boolean> {
  for (const file of users) {
    if ((await stat(file)).mtimeMs >= idle) return true;
    if (!(await isOver(await readFile(file, 'utf8')))) return true;
    await rm(file, { force: true });
  }
  return false;
}
