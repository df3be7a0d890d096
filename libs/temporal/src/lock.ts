import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { isRunning, parseIdentity, self } from '@parquetry/system';

/** A file of another machine is valid this long after its last touch; its owner touches it every few seconds. */
const FOREIGN_STALE_MS = 60_000;
const TOUCH_MS = 5_000;

/** Options for waiting for a lock. */
export interface LockOptions {
  /** Timeout in milliseconds. */
  readonly waitMs: number;
  /** Called about every `reportMs` while another process holds the lock. */
  readonly onWait?: (waitedMs: number) => void;
  readonly reportMs?: number;
}

/**
 * Runs `work` while holding the lock file at `path`, which excludes other processes (and other callers in this one).
 * The file identifies its owner, so the lock of a killed process is taken over.
 * @throws ParquetryError TEMPORAL_UNAVAILABLE when the lock is not free in time
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const token = `${JSON.stringify({ ...self(), token: randomUUID() })}\n`;
  await take(path, token, options);
  const release = keepFresh(path);
  try {
    return await work();
  } finally {
    release();
    if ((await content(path)) === token) await rm(path, { force: true });
  }
}

/** Touches `path` every few seconds as a heartbeat for other machines, until the returned function is called. */
export function keepFresh(path: string): () => void {
  const timer = setInterval(() => {
    const now = new Date();
    // The file may have been deleted with its folder; then no heartbeat is needed.
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * True when the process recorded at `path` is dead: it no longer runs here, or it ran on another machine and has not
 * touched the file for a minute. Also true when the file is missing, or incomplete and old.
 */
export async function isAbandoned(path: string): Promise<boolean> {
  const text = await content(path);
  if (text === undefined) return true;
  const owner = parseIdentity(text);
  if (owner?.host === hostname()) return !isRunning(owner);
  try {
    return Date.now() - (await stat(path)).mtimeMs > FOREIGN_STALE_MS;
  } catch {
    return true;
  }
}

async function take(path: string, token: string, options: LockOptions): Promise<void> {
  const begin = Date.now();
  let reported = begin;
  while (!(await create(path, token))) {
    if (await isAbandoned(path)) {
      await breakLock(path);
      continue;
    }
    const now = Date.now();
    if (now - begin >= options.waitMs) throw timedOut(path, now - begin, await content(path));
    if (now - reported >= (options.reportMs ?? 5_000)) {
      reported = now;
      options.onWait?.(now - begin);
    }
    await sleep(50 + Math.random() * 50);
  }
}

/**
 * Removes an abandoned lock. Requires a second lock file and another check: otherwise, of two waiting processes, the
 * slower one could remove the lock that the faster one has just acquired.
 */
async function breakLock(path: string): Promise<void> {
  const guard = `${path}.break`;
  if (!(await create(guard, `${JSON.stringify(self())}\n`))) {
    await sleep(20);
    if (await isAbandoned(guard)) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isAbandoned(path)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function content(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function timedOut(path: string, waitedMs: number, text: string | undefined): ParquetryError {
  const pid = parseIdentity(text ?? '')?.pid ?? 0;
  return new ParquetryError(
    'TEMPORAL_UNAVAILABLE',
    `The lock ${path} is still held by process ${pid} after ${Math.round(waitedMs / 1000)} s.`,
    { details: { path, pid }, hint: 'Wait for that command to end, or end it, and run this one again.' },
  );
}
