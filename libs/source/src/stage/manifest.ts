import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, type StageManifest, systemErrorCode } from '@parquetry/core';

const NAME = 'manifest.json';

/** Writes a stage's manifest as the last file of a pull: a stage without it is unfinished. */
export async function writeManifest(stageDir: string, manifest: StageManifest): Promise<void> {
  const temporary = path.join(stageDir, `.${NAME}`);
  await writeFile(temporary, JSON.stringify(manifest));
  await rename(temporary, path.join(stageDir, NAME));
}

/**
 * Reads a stage's manifest.
 * @throws ParquetryError STAGE_LOST when the stage is not on this machine or unfinished
 */
export async function readManifest(stageDir: string): Promise<StageManifest> {
  try {
    return JSON.parse(await readFile(path.join(stageDir, NAME), 'utf8')) as StageManifest;
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw cause;
    throw new ParquetryError('STAGE_LOST', `The stage ${path.basename(stageDir)} is not on this worker.`, {
      hint: 'The partition is pulled again.',
      cause,
    });
  }
}
