import { isParquetryError } from '@parquetry/core';
import { listFiles } from '../ndjson/files/files';
import type { SourceFile } from '../ndjson/files/sourcefile';

/** The files that a tail of messages follows. */
export interface TailFiles {
  /** The files, in the order in which they are read. `behind`: some of them are not read completely yet. */
  list(behind: boolean, signal?: AbortSignal): Promise<readonly SourceFile[]>;
  /** The last ledger whose messages are all in the files; undefined where only a message of a later one shows that. */
  readonly end?: number;
  /** Whether the last list has a new file, and the next one may have another. */
  readonly grew?: boolean;
}

/** Files or objects that appear and grow. */
export function growingFiles(spec: string, assertFile?: (file: string) => void): TailFiles {
  return {
    /** No file is not an error: files may appear later. */
    async list(): Promise<readonly SourceFile[]> {
      try {
        return await listFiles(spec, assertFile);
      } catch (error) {
        if (isParquetryError(error) && error.code === 'SOURCE_NOT_FOUND') return [];
        throw error;
      }
    },
  };
}
