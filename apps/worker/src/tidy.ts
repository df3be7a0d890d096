import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '@parquetry/core';

/** What is removed from a work folder. Times are Unix milliseconds. */
export interface TidyRule {
  /** A folder in which nothing changed since then is removed. */
  readonly stale: number;
  /** A folder in which nothing changed since then is removed if its workflow is over. */
  readonly idle: number;
  readonly isOver: (workflowId: string) => Promise<boolean>;
}

/** Paths of what is in a folder; none when it does not exist. */
export async function filesIn(dir: string): Promise<string[]> {
  return (await readdir(dir).catch(none)).map((name) => path.join(dir, name));
}

/** Last change of a folder or anything in it, Unix milliseconds. What can't be read counts as just changed. */
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
