import { constants, readFileSync, renameSync } from 'node:fs';
import { type FileHandle, link, lstat, open, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { hashFile } from '@parquetry/system';
import { AdoptedFiles } from './takeover';
import { localFault } from './fault';
import { assertKey, compareKeys, isTempName } from './key';
import { entries, folderNames, walk, walkTemps } from './listing';
import { expandPath, LocalRoot, syncFolder } from './root';
import type {
  ContentIdentity,
  ListedObject,
  ManagedStore,
  ObjectInfo,
  PendingUpload,
  PutOutcome,
  UploadExpectation,
} from './store';
import { copyChecked, withTemp } from './temp';

/**
 * Objects as files of a folder. A write fills a temporary file next to the target, syncs it, links it to its name with
 * link(2), which fails when the name exists, and syncs the folder: an object is never partial and never replaced. A
 * final local file is hard-linked without a copy where the file system supports it.
 */
export class LocalStore implements ManagedStore {
  readonly uri: string;
  private readonly root: LocalRoot;
  private readonly adopted = new AdoptedFiles();

  /** `folder` is a path as users type it, `~` included. The first write creates it. */
  constructor(folder: string) {
    this.root = new LocalRoot(expandPath(folder));
    this.uri = this.root.path;
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<PutOutcome> {
    return this.create(key, async (file) => {
      await file.writeFile(bytes);
    });
  }

  async uploadIfAbsent(key: string, localFile: string, expected: UploadExpectation): Promise<PutOutcome> {
    const adopted = expected.final === true ? await this.adopt(key, localFile, expected) : undefined;
    return adopted ?? this.create(key, (file) => copyChecked(localFile, file, expected));
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    await this.rename(key, bytes);
  }

  replaceIf(key: string, was: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    return this.rename(key, bytes, was);
  }

  async *pendingUploads(prefix: string): AsyncGenerator<PendingUpload> {
    try {
      await this.root.assertFolder();
      for await (const { key, modified } of walkTemps(this.root.path, prefix))
        yield { key, id: path.posix.basename(key), started: modified };
    } catch (error) {
      throw localFault(error, 'list', this.describe(prefix));
    }
  }

  async abortUpload({ key, id }: PendingUpload): Promise<void> {
    const folder = path.posix.dirname(key);
    if (!isTempName(id) || path.posix.basename(key) !== id)
      throw new ParquetryError(
        'KEY_INVALID',
        `${JSON.stringify(key.slice(0, 200))} is not a temporary file.`,
      );
    try {
      const at = folder === '.' ? this.root.path : await this.root.resolve(folder);
      await rm(path.join(at, id), { force: true });
    } catch (error) {
      throw localFault(error, 'delete', this.describe(key));
    }
  }

  get(key: string): Promise<Uint8Array> {
    return this.guard('read', key, () => this.withFile(key, (file) => file.readFile()));
  }

  getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    return this.guard('read', key, () =>
      this.withFile(key, async (file) => {
        if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0 || length < 0)
          throw new ParquetryError('INTERNAL', `Not a byte range of ${key}: ${length} bytes from ${start}.`);
        const { size } = await file.stat();
        const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - start)));
        let filled = 0;
        while (filled < buffer.length) {
          const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return buffer.subarray(0, filled);
      }),
    );
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.guard('read', key, async () => {
      const target = await this.root.resolve(key);
      const info = await stat(target).catch((error: unknown) => {
        if (systemErrorCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      return info?.isFile() === true ? { size: info.size, modified: Math.floor(info.mtimeMs) } : undefined;
    });
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    assertKey(key);
    try {
      const file = await this.openFile(key);
      yield* file.createReadStream({ highWaterMark: 1 << 20 });
    } catch (error) {
      throw localFault(error, 'read', this.describe(key));
    }
  }

  async holds(key: string, _localFile: string, identity: ContentIdentity): Promise<ObjectInfo | undefined> {
    const info = await this.stat(key);
    if (info?.size !== identity.size) return undefined;
    if (await this.adopted.holds(this.root.join(key), identity)) return info;
    return (await this.sha256(key)) === identity.sha256 ? info : undefined;
  }

  sha256(key: string): Promise<string> {
    return this.guard('read', key, () => this.withFile(key, async (file) => (await hashFile(file)).sha256));
  }

  async *list(prefix: string, options: { readonly after?: string } = {}): AsyncGenerator<ListedObject> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/'));
    try {
      await this.root.assertFolder();
      if (folder !== '') await this.root.resolve(folder);
      yield* walk(this.root.path, prefix, options.after ?? '');
    } catch (error) {
      throw localFault(error, 'list', this.describe(prefix));
    }
  }

  async *folders(folder: string): AsyncGenerator<string> {
    yield* await folderNames(this.names(folder));
  }

  async *names(folder: string): AsyncGenerator<string> {
    try {
      await this.root.assertFolder();
      const at = folder === '' ? this.root.path : await this.root.resolve(folder);
      yield* (await entries(at))
        .filter((entry) => (entry.isDirectory() || entry.isFile()) && !isTempName(entry.name))
        .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
        .sort(compareKeys);
    } catch (error) {
      throw localFault(error, 'list', this.describe(folder));
    }
  }

  delete(key: string): Promise<boolean> {
    return this.guard('delete', key, async () => {
      const target = await this.root.resolve(key);
      try {
        await unlink(target);
      } catch (error) {
        if (systemErrorCode(error) === 'ENOENT') return false;
        throw error;
      }
      await syncFolder(path.dirname(target));
      return true;
    });
  }

  localPath(key: string): string {
    return this.root.join(key);
  }

  private adopt(
    key: string,
    localFile: string,
    expected: UploadExpectation,
  ): Promise<PutOutcome | undefined> {
    return this.guard('write', key, async () => {
      const target = await this.root.prepare(key);
      if (await taken(target)) return 'exists';
      return this.adopted.adopt(target, localFile, expected);
    });
  }

  private rename(key: string, bytes: Uint8Array, was?: Uint8Array): Promise<boolean> {
    return this.guard('write', key, async () => {
      const target = await this.root.prepare(key);
      const done = await withTemp(
        target,
        (file) => file.writeFile(bytes),
        (temp) => {
          // Synchronous, so that little time is between the comparison and the replacement.
          const same = was === undefined || content(target)?.equals(was) === true;
          if (same) renameSync(temp, target);
          return Promise.resolve(same);
        },
      );
      await syncFolder(path.dirname(target));
      return done;
    });
  }

  private create(key: string, fill: (file: FileHandle) => Promise<void>): Promise<PutOutcome> {
    return this.guard('write', key, async () => {
      const target = await this.root.prepare(key);
      if (await taken(target)) return 'exists';
      return withTemp(target, fill, async (temp) => {
        try {
          await link(temp, target);
        } catch (error) {
          if (systemErrorCode(error) === 'EEXIST') return 'exists';
          throw error;
        }
        await syncFolder(path.dirname(target));
        return 'created';
      });
    });
  }

  private async withFile<T>(key: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await this.openFile(key);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  /** Opens a file without waiting for the writer of a pipe. @throws ParquetryError KEY_INVALID for a pipe or a device */
  private async openFile(key: string): Promise<FileHandle> {
    const target = await this.root.resolve(key);
    const file = await open(target, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const info = await file.stat();
    if (info.isFile() || info.isDirectory()) return file;
    await file.close();
    throw new ParquetryError('KEY_INVALID', `The object ${key} is refused: it is a pipe or a device.`, {
      details: { key, root: this.root.path },
      hint: 'Remove it; an archive contains only real folders and files.',
    });
  }

  private async guard<T>(action: string, key: string, run: () => Promise<T>): Promise<T> {
    assertKey(key);
    try {
      return await run();
    } catch (error) {
      throw localFault(error, action, this.describe(key));
    }
  }

  private describe(key: string): string {
    return path.join(this.uri, key);
  }
}

async function taken(target: string): Promise<boolean> {
  try {
    await lstat(target);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The bytes of a small file; undefined when it does not exist. */
function content(target: string): Buffer | undefined {
  try {
    return readFileSync(target);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
