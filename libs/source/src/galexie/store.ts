import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, isParquetryError, systemErrorCode } from '@parquetry/core';
import { type ObjectStore, isRemote, openStore } from '@parquetry/storage';
import { observed } from '@parquetry/system';

/** Read access to the objects of a lake; keys are relative to its root and use slashes. */
export interface LakeStore {
  /** The lake's address as the user writes it. */
  readonly uri: string;
  /** The whole object; undefined if it does not exist. */
  get(key: string): Promise<Buffer | undefined>;
  /** Names directly in a folder (`''` for the root), sorted; names of folders end with a slash. */
  list(folder: string): Promise<string[]>;
}

/** Maximum size of a compressed object, bytes: objects are read into memory. */
const MAX_COMPRESSED = 1 << 30;

/** A lake in a folder of the local disk. */
export class LocalLakeStore implements LakeStore {
  readonly uri: string;

  constructor(private readonly root: string) {
    this.uri = `galexie:${root}`;
  }

  get(key: string): Promise<Buffer | undefined> {
    const operation = { kind: 'storage', name: 'get', facts: { store: 'file', key } } as const;
    return observed(
      operation,
      () => this.read(key),
      (bytes) => (bytes === undefined ? { outcome: 'missing' } : { size: bytes.length }),
    );
  }

  private async read(key: string): Promise<Buffer | undefined> {
    const file = path.join(this.root, ...key.split('/'));
    try {
      const found = await stat(file);
      // A device or a pipe may never end.
      if (!found.isFile()) throw notFile(key);
      if (found.size > MAX_COMPRESSED) throw tooLarge(key);
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
        throw new ParquetryError(
          'SOURCE_NOT_FOUND',
          `There is no lake at ${this.root}: it is not a folder.`,
          {
            details: { path: this.root },
            hint: 'Give the folder that contains .config.json or the ledger objects: galexie:PATH.',
            cause,
          },
        );
      throw readError(folder, cause);
    }
  }
}

/** A lake on S3 or Google Cloud Storage, read with the settings of docs/storage.md. */
class RemoteLakeStore implements LakeStore {
  readonly uri: string;

  constructor(private readonly store: ObjectStore) {
    this.uri = `galexie:${store.uri}`;
  }

  async get(key: string): Promise<Buffer | undefined> {
    try {
      // One request; the range bounds memory whatever the object's size.
      const bytes = await this.store.getRange(key, 0, MAX_COMPRESSED + 1);
      if (bytes.length > MAX_COMPRESSED) throw tooLarge(key);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (error) {
      if (isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND') return undefined;
      throw error;
    }
  }

  async list(folder: string): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.store.names(folder.replace(/\/$/, ''))) names.push(name);
    if (names.length === 0 && folder === '')
      throw new ParquetryError(
        'SOURCE_NOT_FOUND',
        `There is no lake at ${this.store.uri}: the prefix has no objects.`,
        {
          details: { uri: this.store.uri },
          hint: 'Give the prefix that contains .config.json or the ledger objects: galexie:s3://BUCKET/PREFIX.',
        },
      );
    return names.sort();
  }
}

/** The lake at a path, `s3://bucket/prefix` or `gs://bucket/prefix`. @throws ParquetryError CONFIG_INVALID, KEY_INVALID */
export function openLakeStore(location: string): LakeStore {
  return isRemote(location) ? new RemoteLakeStore(openStore(location)) : new LocalLakeStore(location);
}

function tooLarge(key: string): ParquetryError {
  return new ParquetryError(
    'SOURCE_CORRUPT',
    `${key} has more than ${MAX_COMPRESSED} bytes, the limit for objects of a lake.`,
    { details: { object: key } },
  );
}

function notFile(key: string): ParquetryError {
  return new ParquetryError('SOURCE_CORRUPT', `${key} in the lake is not a file.`, {
    details: { object: key },
    hint: 'Restore the object, then retry the partition.',
  });
}

function readError(key: string, cause: unknown): unknown {
  const code = systemErrorCode(cause);
  if (code === undefined || isParquetryError(cause)) return cause;
  if (code !== 'EACCES' && code !== 'EPERM')
    return new ParquetryError('STORAGE_UNREACHABLE', `The lake object ${key} can't be read (${code}).`, {
      details: { object: key, system: code },
      cause,
    });
  return new ParquetryError('PERMISSION_DENIED', `The lake object ${key} can't be read: permission denied.`, {
    details: { object: key },
    cause,
  });
}
