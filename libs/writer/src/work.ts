import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';

/**
 * The private folder of one call below its `outDir`: its files stay there until all of them are complete. An abandoned
 * call (see `Writer`) may still run during the next attempt, so it never touches that attempt's files.
 */
export class WorkFolder {
  private constructor(readonly dir: string) {}

  static async make(outDir: string): Promise<WorkFolder> {
    const dir = path.join(outDir, `.work-${randomUUID()}`);
    await mkdir(dir, { recursive: true });
    return new WorkFolder(dir);
  }

  /**
   * Moves the complete files to their final places. @throws ParquetryError CANCELLED if the call was cancelled
   * meanwhile
   */
  async publish(
    files: readonly { readonly name: string; readonly path: string }[],
    signal?: AbortSignal,
  ): Promise<void> {
    if (signal?.aborted === true)
      throw new ParquetryError('CANCELLED', 'Cancelled when the files were written.');
    for (const file of files) await rename(path.join(this.dir, file.name), file.path);
  }

  /** Removes the folder and its contents. */
  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
