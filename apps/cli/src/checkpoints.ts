import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Archive, type ArchiveIdentity, type CheckpointWriter } from '@parquetry/archive';
import { type ManagedStore, openStore } from '@parquetry/storage';
import { checkpointWriter } from '@parquetry/worker';
import { openWriter } from '@parquetry/writer';
import { archiveRoot } from './runspec';

/** Memory of DuckDB for checkpoints, which it writes row by row. */
const MEMORY = '512MB';

/** An archive whose log this process writes. */
export interface Writable {
  readonly archive: Archive;
  readonly store: ManagedStore;
  /** Removed at the end. */
  readonly tempDir: string;
}

/**
 * Opens an archive for commits from this process, and closes it after `use`.
 * @param create the identity of a new archive; absent for an existing one
 * @throws ParquetryError ARCHIVE_INVALID, ARCHIVE_MISMATCH
 */
export async function withWritable<T>(
  root: string,
  create: ArchiveIdentity | undefined,
  use: (writable: Writable) => Promise<T>,
): Promise<T> {
  const store = openStore(archiveRoot(root));
  const tempDir = await mkdtemp(path.join(tmpdir(), 'parquetry-archive-'));
  try {
    const writer = await openWriter({
      memoryLimit: MEMORY,
      threads: 1,
      tempDir: path.join(tempDir, 'duckdb'),
    });
    try {
      const checkpoints: CheckpointWriter = checkpointWriter(writer, tempDir);
      const archive = await Archive.open(store, {
        checkpointWriter: checkpoints,
        ...(create === undefined ? {} : { create }),
      });
      return await use({ archive, store, tempDir });
    } finally {
      await writer.close();
    }
  } finally {
    await rm(tempDir, { recursive: true, force: true });
  }
}
