import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, type StageManifest, systemErrorCode } from '@parquetry/core';
import { replaceFile } from '@parquetry/system';

const NAME = 'manifest.json';

/** Writes a stage's manifest as the last file of a pull: a stage without it is unfinished. */
export async function writeManifest(stageDir: string, manifest: StageManifest): Promise<void> {
  await replaceFile(path.join(stageDir, NAME), JSON.stringify(manifest));
}

/** Whether the pull of a stage is complete. */
export async function hasManifest(stageDir: string): Promise<boolean> {
  return stat(path.join(stageDir, NAME)).then(
    () => true,
    () => false,
  );
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
