// A private Python with the independent readers of the interop tests (pyarrow, polars, delta-rs), in the user cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export const PACKAGES = ['pyarrow==26.0.1', 'polars==2.1.0', 'deltalake==1.6.6'];

/** The user cache that holds what tests and the embedded server install once. */
export function cacheRoot(env = process.env) {
  if (env.PARQUETRY_CACHE) return env.PARQUETRY_CACHE;
  return path.join(env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'parquetry');
}

/** Path of the interpreter, installing it first where Python and PyPI can be had; else undefined and the reason. */
export function ensurePython({ log = console.error } = {}) {
  if (process.env.PARQUETRY_PYTHON) return { python: process.env.PARQUETRY_PYTHON };
  const key = createHash('sha256').update(PACKAGES.join('\n')).digest('hex').slice(0, 12);
  const target = path.join(cacheRoot(), 'python', key);
  const python = path.join(target, 'bin', 'python');
  if (existsSync(path.join(target, 'ready'))) return { python };
  const run = (file, args) => spawnSync(file, args, { encoding: 'utf8', timeout: 600_000 });
  if (run('python3', ['--version']).status !== 0) return { reason: 'python3 is not installed' };
  log('Installing pyarrow, polars and deltalake for the interop tests (once, into the user cache) …');
  const building = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const steps = [
    ['python3', ['-m', 'venv', building]],
    [path.join(building, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES]],
    [
      path.join(building, 'bin', 'python'),
      ['-c', 'import pyarrow, polars, deltalake; open(__import__("sys").prefix + "/ready", "w").close()'],
    ],
  ];
  for (const [file, args] of steps) {
    const { status, stderr, error } = run(file, args);
    if (status === 0) continue;
    rmSync(building, { recursive: true, force: true });
    return {
      reason: `${path.basename(file)} ${args[0]} failed: ${(stderr || String(error)).trim().split('\n').at(-1)}`,
    };
  }
  try {
    renameSync(building, target);
  } catch {
    rmSync(building, { recursive: true, force: true }); // another run was first
  }
  return { python };
}
