import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { isRunning, self } from '@parquetry/system';
import { download } from './download';
import type { ObjectStore } from './store';

/** An object with known content. */
export interface CachedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Lower case hex. */
  readonly sha256: string;
}

interface Entry {
  readonly path: string;
  readonly size: number;
  /** Last use, Unix milliseconds. */
  readonly used: number;
}

const SUFFIX = '.parquet';
/** Load attempts for one object, in case other processes evict it each time. */
const TRIES = 10;
const LEASE = '.use-';
const LOADING = '.load-';
/** Files of a killed process on another machine are removed after this time. */
const ABANDONED_MS = 7 * 24 * 3600 * 1000;

/**
 * Local copies of remote objects in a folder that several processes share, named by their sha256. The least recently
 * used copies are evicted. Only this user can read them: the bucket may be private. A path returned by `file` stays readable until `close`, even if another process evicts the
 * copy: it is a private hard link in a folder next to the copies.
 */
export class FileCache {
  private readonly lease: string;
  private leased = false;

  /** `folder` is created on demand; `maxBytes` bounds the total size of the copies. */
  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {
    this.lease = path.join(folder, `${LEASE}${owner()}`);
  }

  /**
   * Returns a local file with the object's content, loaded if there is no copy. Size and sha256 are checked before the
   * file gets its final name, so a copy is complete or absent.
   * @throws ParquetryError FILE_CORRUPT when the object has another content, OBJECT_NOT_FOUND, CONFIG_INVALID for an
   *   object larger than the cache or a folder that can't be written, STAGE_FULL
   */
  async file(store: ObjectStore, object: CachedObject): Promise<string> {
    try {
      if (!this.leased) await this.begin();
      const copy = path.join(this.folder, object.sha256 + SUFFIX);
      const mine = path.join(this.lease, object.sha256 + SUFFIX);
      for (let tries = 1; ; tries++) {
        if (!(await isWhole(copy, object.size))) await this.load(store, object, copy);
        try {
          await hold(copy, mine);
          const now = new Date();
          await utimes(copy, now, now).catch(absent);
          return mine;
        } catch (error) {
          // Another process evicted this copy.
          if (systemErrorCode(error) !== 'ENOENT' || tries >= TRIES) throw error;
        }
      }
    } catch (error) {
      throw cacheFault(error, this.folder);
    }
  }

  /** Removes this cache's links. */
  async close(): Promise<void> {
    await rm(this.lease, { recursive: true, force: true });
    this.leased = false;
  }

  private async begin(): Promise<void> {
    await mkdir(this.lease, { recursive: true, mode: 0o700 });
    this.leased = true;
    for (const name of await readdir(this.folder))
      if ((name.startsWith(LEASE) || name.startsWith(LOADING)) && (await isAbandoned(this.folder, name)))
        await rm(path.join(this.folder, name), { recursive: true, force: true });
  }

  private async load(store: ObjectStore, object: CachedObject, copy: string): Promise<void> {
    if (object.size > this.maxBytes)
      throw new ParquetryError(
        'CONFIG_INVALID',
        `${store.uri}/${object.key} has ${object.size} bytes, more than the whole cache may use (${this.maxBytes}).`,
        { details: { bytes: object.size, cacheBytes: this.maxBytes }, hint: 'Raise --cache-size.' },
      );
    const loading = path.join(this.folder, LOADING + owner());
    try {
      const file = await open(loading, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
      try {
        await download(store, object.key, object, file);
      } finally {
        await file.close();
      }
      await rename(loading, copy);
    } finally {
      await rm(loading, { force: true });
    }
    await this.makeRoom(copy);
  }

  /** Evicts copies, least recently used first, until the rest is within the bound. */
  private async makeRoom(keep: string): Promise<void> {
    const entries: Entry[] = [];
    for (const name of await readdir(this.folder)) {
      if (!name.endsWith(SUFFIX)) continue;
      const file = path.join(this.folder, name);
      const info = await stat(file).catch(absent);
      if (info !== undefined) entries.push({ path: file, size: info.size, used: info.mtimeMs });
    }
    let bytes = entries.reduce((sum, { size }) => sum + size, 0);
    for (const entry of entries.sort((a, b) => a.used - b.used)) {
      if (bytes <= this.maxBytes) return;
      if (entry.path === keep) continue;
      await rm(entry.path, { force: true });
      bytes -= entry.size;
    }
  }
}

/** Looks up a copy and checks its size; a truncated copy (edited, or written to a full disk) is removed. */
async function isWhole(copy: string, size: number): Promise<boolean> {
  const info = await stat(copy).catch(absent);
  if (info === undefined) return false;
  if (info.size === size) return true;
  await rm(copy, { force: true });
  return false;
}

/** Hard-links a copy, or copies it on a disk without hard links. */
async function hold(copy: string, mine: string): Promise<void> {
  try {
    await link(copy, mine);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return;
    if (code === 'ENOENT') throw error;
    await copyFile(copy, mine);
  }
}

/** `{host}.{pid}-{start time}.{random}`: identifies the process that created a file, to check later whether it runs. */
function owner(): string {
  return `${hostname().replaceAll('.', '_')}.${process.pid}-${self().born}.${randomBytes(6).toString('hex')}`;
}

async function isAbandoned(folder: string, name: string): Promise<boolean> {
  const [host, pid] = name.slice(name.indexOf('-') + 1).split('.');
  if (host === hostname().replaceAll('.', '_')) {
    const [number, born = ''] = (pid ?? '').split('-');
    return !isRunning({ pid: Number(number), host: hostname(), born });
  }
  const info = await stat(path.join(folder, name)).catch(absent);
  return info !== undefined && Date.now() - info.mtimeMs > ABANDONED_MS;
}

function absent(error: unknown): undefined {
  if (systemErrorCode(error) === 'ENOENT') return undefined;
  throw error;
}

function cacheFault(error: unknown, folder: string): unknown {
  const code = systemErrorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ParquetryError('STAGE_FULL', `No room for copies of remote files in ${folder}.`, {
      details: { path: folder },
      hint: 'Free space, set a smaller --cache-size, or set PARQUETRY_CACHE to a larger disk.',
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR')
    return new ParquetryError('CONFIG_INVALID', `The cache folder ${folder} can't be written (${code}).`, {
      details: { path: folder },
      hint: 'Set PARQUETRY_CACHE to a folder that can be written.',
      cause: error,
    });
  return error;
}
