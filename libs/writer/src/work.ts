import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';

/**
 * A folder of one call's own below its `outDir`: all that it writes is there until all of it is whole. A call that was
 * given up (see `Writer`) may still be at work beside the next attempt, and so never touches what that one makes.
 */
export class WorkFolder {
  private constructor(readonly dir: string) {}

  static async make(outDir: string): Promise<WorkFolder> {
    const dir = path.join(outDir, `.work-${randomUUID()}`);
    await mkdir(dir, { recursive: true });
    return new WorkFolder(dir);
  }

  /** Moves whole files to their places. @throws ParquetryError CANCELLED when the call was cancelled meanwhile */
  async publish(
    files: readonly { readonly name: string; readonly path: string }[],
    signal?: AbortSignal,
  ): Promise<void> {
    if (signal?.aborted === true)
      throw new ParquetryError('CANCELLED', 'Cancelled when the files were written.');
    for (const file of files) await rename(path.join(this.dir, file.name), file.path);
  }

  /** Removes the folder with what is left in it. */
  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
