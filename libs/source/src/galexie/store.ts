import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';

/** Read access to the objects of a lake; keys are relative to its root and use slashes. */
export interface LakeStore {
  /** The lake as people name it. */
  readonly uri: string;
  /** The whole object, or undefined when there is none. */
  get(key: string): Promise<Buffer | undefined>;
  /** Names directly below a folder (`''` for the root), sorted; folders end with a slash. */
  list(folder: string): Promise<string[]>;
}

/** Largest compressed object that is read into memory, bytes. */
const MAX_COMPRESSED = 1 << 30;

/** A lake in a folder of the local disk. */
export class LocalLakeStore implements LakeStore {
  readonly uri: string;

  constructor(private readonly root: string) {
    this.uri = `galexie:${root}`;
  }

  async get(key: string): Promise<Buffer | undefined> {
    const file = path.join(this.root, ...key.split('/'));
    try {
      const { size } = await stat(file);
      if (size > MAX_COMPRESSED)
        throw new ParquetryError(
          'SOURCE_CORRUPT',
          `${key} has ${size} bytes, more than any object of a lake.`,
          {
            details: { object: key, bytes: size },
          },
        );
      return await readFile(file);
    } catch (cause) {
      const code = systemErrorCode(cause);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw readError(key, cause);
    }
  }

  async list(folder: string): Promise<string[]> {
    try {
      const entries = await readdir(path.join(this.root, ...folder.split('/')), { withFileTypes: true });
      return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    } catch (cause) {
      const code = systemErrorCode(cause);
      if (code === 'ENOENT' || code === 'ENOTDIR')
        throw new ParquetryError('SOURCE_NOT_FOUND', `There is no lake at ${this.root}: it is no folder.`, {
          details: { path: this.root },
          hint: 'Name the folder that holds .config.json or the ledger objects: galexie:PATH.',
          cause,
        });
      throw readError(folder, cause);
    }
  }
}

function readError(key: string, cause: unknown): unknown {
  const code = systemErrorCode(cause);
  if (code !== 'EACCES' && code !== 'EPERM') return cause;
  return new ParquetryError('PERMISSION_DENIED', `The lake object ${key} can't be read: permission denied.`, {
    details: { object: key },
    cause,
  });
}
