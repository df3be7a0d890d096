import { mkdir, open, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { assertKey } from './key';

const MAX_SETTLED = 10_000;

/**
 * An absolute path from user input: `~` and `~/…` are the home folder, other paths are relative to the working
 * directory.
 */
export function expandPath(text: string): string {
  if (text === '~' || text.startsWith('~/')) return path.join(homedir(), text.slice(1));
  return path.resolve(text);
}

/**
 * The root folder of a local store. It may not exist yet. Converts keys to paths and refuses a path that a symbolic
 * link leads out of the folder; the path of the root itself may contain links.
 */
export class LocalRoot {
  private readonly settled = new Set<string>();

  constructor(readonly path: string) {}

  /** The path of a key, without checking the disk. @throws ParquetryError KEY_INVALID */
  join(key: string): string {
    assertKey(key);
    return path.join(this.path, ...key.split('/'));
  }

  /**
   * The path of a key, checked against the current links on the disk.
   * @throws ParquetryError KEY_INVALID, ARCHIVE_INVALID when the root is a file
   */
  async resolve(key: string): Promise<string> {
    const target = this.join(key);
    await this.assertInside(target, key);
    return target;
  }

  /** Durably creates the folder of a key's path, and returns the path. */
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
        hint: 'Use a folder, or a path that does not exist yet.',
      });
    return true;
  }

  /**
   * Each new folder is an entry of its parent, which must be synced before anything in the folder is durable. Another
   * writer may have created it just now, so each process syncs every folder once, new or not.
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
    for (let at = target; at.length > this.path.length; at = path.dirname(at)) {
      const real = await this.real(at);
      if (real === undefined) continue;
      // No part of the path is a link, so it is below the root.
      if (real === at) return;
      // Resolved each time: the root may be a link that is redirected while this store is open.
      const root = await this.real(this.path);
      if (root === undefined) return;
      if (real === root || real.startsWith(path.join(root, path.sep))) {
        assertCase(path.relative(this.path, at), path.relative(root, real), key);
        return;
      }
      throw new ParquetryError(
        'KEY_INVALID',
        `The object ${key} is refused: a symbolic link leads out of the root.`,
        {
          details: { key, root: this.path },
          hint: 'Remove the link; an archive contains only real folders and files.',
        },
      );
    }
    await this.assertFolder();
  }

  /** The path without links; undefined when it does not exist. @throws ParquetryError ARCHIVE_INVALID */
  private async real(at: string): Promise<string | undefined> {
    return realpath(at).catch(async (error: unknown) => {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      if (systemErrorCode(error) === 'ENOTDIR') await this.assertFolder();
      throw error;
    });
  }
}

/**
 * On case-insensitive disks (macOS, Windows) two keys can map to one file; then the second is refused. Both paths are
 * relative to the root: the requested one, and the one on disk.
 * @throws ParquetryError KEY_INVALID
 */
export function assertCase(requested: string, real: string, key: string): void {
  if (requested === real) return;
  const fold = (text: string): string => text.normalize('NFC').toLowerCase();
  if (fold(requested) !== fold(real)) return;
  throw new ParquetryError(
    'KEY_INVALID',
    `The object ${key} is refused: ${real} differs from it only in case.`,
    {
      details: { key, found: real },
      hint: 'This disk is case-insensitive; use another name, or a case-sensitive disk.',
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
