import { readdirSync, renameSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '@parquetry/core';

/** Maximum number of kept part files of about 8 MB each: those of a few large partitions. */
const MOST = 32;

/**
 * Keeps a part file that is no longer read, so that a later pull can overwrite it; removes it when enough are kept.
 * Overwriting a file whose pages are in memory takes a third of the CPU time of writing a new one.
 */
export async function keepForReuse(dir: string, file: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length < MOST) {
    const stage = path.basename(path.dirname(file));
    const kept = await rename(file, path.join(dir, `${stage}-${path.basename(file)}`)).then(
      () => true,
      () => false,
    );
    if (kept) return;
  }
  await rm(file, { force: true });
}

/** Renames a kept file, with its old content, to `file`; returns false when there is none. */
export function takeReusedPart(dir: string, file: string): boolean {
  for (const name of namesOf(dir))
    try {
      renameSync(path.join(dir, name), file);
      return true;
    } catch (error) {
      // Another pull took it first.
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
  return false;
}

function namesOf(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
