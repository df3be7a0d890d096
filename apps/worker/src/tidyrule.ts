import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '@parquetry/core';

/** Age limits of the cleanup of a work folder, Unix milliseconds. */
export interface TidyRule {
  /** A folder unchanged since then is removed. */
  readonly stale: number;
  /** A folder unchanged since then is removed if its workflow has ended. */
  readonly idle: number;
  readonly isOver: (workflowId: string) => Promise<boolean>;
}

/** Paths of the entries of a folder; none when it does not exist. */
export async function filesIn(dir: string): Promise<string[]> {
  return (await readdir(dir).catch(none)).map((name) => path.join(dir, name));
}

/** Last change of a folder or anything in it, Unix milliseconds. Unreadable entries count as just changed. */
export async function lastChange(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true }).catch(none);
  let last = -Infinity;
  for (const name of ['', ...names]) {
    const time = await stat(path.join(dir, name)).then(
      ({ mtimeMs }) => mtimeMs,
      (error: unknown) => (systemErrorCode(error) === 'ENOENT' ? -Infinity : Infinity),
    );
    last = Math.max(last, time);
  }
  return last;
}

function none(error: unknown): string[] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw error;
}
