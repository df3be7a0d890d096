import { mkdir, open, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { assertKey } from './key';

const MAX_SETTLED = 10_000;

/** An absolute path from what people type: `~` and `~/…` are the home folder, the rest is relative to here. */
export function expandPath(text: string): string {
  if (text === '~' || text.startsWith('~/')) return path.join(homedir(), text.slice(1));
  return path.resolve(text);
}

/**
 * The folder a local store lives in. It may not exist yet. Keys become paths here, and a path that a symbolic link
 * leads out of the folder is refused; the root itself may be reached through links.
 */
export class LocalRoot {
  private readonly settled = new Set<string>();

  constructor(readonly path: string) {}

  /** The path of a key by its text alone. @throws ParquetryError KEY_INVALID */
  join(key: string): string {
    assertKey(key);
    return path.join(this.path, ...key.split('/'));
  }

  /**
   * The path of a key, checked against the links on the disk as they are now.
   * @throws ParquetryError KEY_INVALID, ARCHIVE_INVALID when the root is a file
   */
  async resolve(key: string): Promise<string> {
    const target = this.join(key);
    await this.assertInside(target, key);
    return target;
  }

  /** Makes the folder of a key's path, durably, and gives the path. */
  async prepare(key: string): Promise<string> {
    const target = await this.resolve(key);
    const folder = path.dirname(target);
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await this.assertInside(target, key);
    await this.settle(folder, made);
    return target;
  }

  /** @throws ParquetryError ARCHIVE_INVALID when the root is not a folder */
  async assertFolder(): Promise<boolean> {
    const info = await stat(this.path).catch((error: unknown) => {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (info === undefined) return false;
    if (!info.isDirectory())
      throw new ParquetryError('ARCHIVE_INVALID', `${this.path} is a file, not a folder.`, {
        details: { path: this.path },
        hint: 'Name a folder, or one that does not exist yet.',
      });
    return true;
  }

  /**
   * Each new folder is an entry of the one above it, which must reach the disk before anything in it counts. Another
   * writer may have made it a moment ago, so every folder is synced once a process, new or not.
   */
  private async settle(folder: string, made: string | undefined): Promise<void> {
    const top = Math.min(this.path.length, made?.length ?? this.path.length);
    for (let at = folder; at.length >= top; at = path.dirname(at)) {
      if (made === undefined && this.settled.has(at)) return;
      await syncFolder(path.dirname(at));
      if (this.settled.size >= MAX_SETTLED) this.settled.clear();
      this.settled.add(at);
      if (at === path.dirname(at)) return;
    }
  }

  private async assertInside(target: string, key: string): Promise<void> {
    if (!(await this.assertFolder())) return;
    // Asked each time: the root may be a link, and be pointed to another folder while this store is open.
    const root = await realpath(this.path);
    for (let at = target; at.length > this.path.length; at = path.dirname(at)) {
      const real = await realpath(at).catch((error: unknown) => {
        if (systemErrorCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (real === undefined) continue;
      if (real === root || real.startsWith(path.join(root, path.sep))) {
        assertCase(path.relative(this.path, at), path.relative(root, real), key);
        return;
      }
      throw new ParquetryError(
        'KEY_INVALID',
        `The object ${key} is refused: a symbolic link leads out of the root.`,
        {
          details: { key, root: this.path },
          hint: 'Remove the link; an archive holds real folders and files only.',
        },
      );
    }
  }
}

/**
 * On disks that ignore case (macOS, Windows) two keys can name one file; then the second is refused. Both paths are
 * relative to the root: as asked for, and as the disk has it.
 * @throws ParquetryError KEY_INVALID
 */
export function assertCase(asked: string, real: string, key: string): void {
  if (asked === real) return;
  const fold = (text: string): string => text.normalize('NFC').toLowerCase();
  if (fold(asked) !== fold(real)) return;
  throw new ParquetryError(
    'KEY_INVALID',
    `The object ${key} is refused: ${real} differs from it in case only.`,
    {
      details: { key, found: real },
      hint: 'This disk takes both names for one; use another name, or a disk that tells them apart.',
    },
  );
}

/** Makes the entries of a folder durable: a file's own fsync does not cover its name. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
