import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '@parquetry/core';

/** Identifies a process, also if a later one gets the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Name of the machine (or container), since a pid is only valid there. */
  readonly host: string;
  /** Start time of the process as the system writes it; empty if it can't be read. */
  readonly born: string;
}

/** The identity of a running process; undefined if no process has this pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  return exists(pid) ? { pid, host: hostname(), born: birth(pid) } : undefined;
}

/** The identity of this process. */
export function self(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), born: birth(process.pid) };
}

/**
 * True while exactly this process runs on this machine. A zombie does not run. If a start time is unknown, the same pid
 * is enough.
 */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname() || !exists(identity.pid)) return false;
  const born = birth(identity.pid);
  return born !== 'zombie' && (born === '' || identity.born === '' || born === identity.born);
}

/**
 * True if the process ran on this machine and no longer runs. Always false for other machines: nothing is known about
 * them.
 */
export function isDead(identity: ProcessIdentity): boolean {
  return identity.host === hostname() && !isRunning(identity);
}

/**
 * Ends a child or a process that we started: SIGTERM, then SIGKILL after `graceMs`. Does nothing if the process no
 * longer runs, and never signals another process with the same pid.
 * @returns how it ended
 */
export async function terminate(
  identity: ProcessIdentity,
  graceMs: number,
): Promise<'absent' | 'stopped' | 'killed'> {
  if (!isRunning(identity)) return 'absent';
  signal(identity.pid, 'SIGTERM');
  if (await gone(identity, graceMs)) return 'stopped';
  signal(identity.pid, 'SIGKILL');
  await gone(identity, 5_000);
  return 'killed';
}

/** Checks the shape of an identity that was read from a file. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, born } = value as Record<string, unknown>;
  return (
    typeof pid === 'number' &&
    Number.isSafeInteger(pid) &&
    pid > 0 &&
    typeof host === 'string' &&
    typeof born === 'string'
  );
}

/** Parses the identity in a file's text; undefined if there is no valid one, for example in a truncated file. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    // Earlier versions of workers wrote `started`, or no start time.
    const identity = { ...value, born: value?.['born'] ?? value?.['started'] ?? '' };
    return isIdentity(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

async function gone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isRunning(identity)) {
    if (Date.now() >= deadline) return false;
    await sleep(50);
  }
  return true;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

function birth(pid: number): string {
  if (process.platform === 'linux') return linuxBirth(pid);
  if (process.platform === 'win32') return '';
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

/** Start time in clock ticks since boot: field 22 of the process's stat line, whose field 2 may contain spaces. */
function linuxBirth(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'zombie' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
