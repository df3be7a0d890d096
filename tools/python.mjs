// Private Pythons with the independent readers of the interop tests (pyarrow, polars, delta-rs, DuckDB, pyiceberg), in the user cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const ALL = ['pyarrow==26.0.1', 'duckdb==2.0.1'];
/** The readers as they are today. */
export const PACKAGES = [
  ...ALL,
  'polars==2.1.0',
  'deltalake==1.6.6',
  'pyiceberg==0.12.0',
  'sqlalchemy==2.1.9',
];
/** The last delta-rs before version 1, and a polars of its time. */
export const OLD_PACKAGES = [...ALL, 'polars==1.30.0', 'deltalake==0.25.5'];

/** The user cache that holds what tests and the embedded server install once. */
export function cacheRoot(env = process.env) {
  if (env.PARQUETRY_CACHE) return env.PARQUETRY_CACHE;
  return path.join(env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'parquetry');
}

/**
 * Path of an interpreter with these packages, installing it first where Python and PyPI can be had; else undefined and
 * the reason. `given` is the path of an existing one.
 */
export function ensurePython({
  packages = PACKAGES,
  given = process.env.PARQUETRY_PYTHON,
  log = console.error,
} = {}) {
  if (given) return { python: given };
  const key = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12);
  const target = path.join(cacheRoot(), 'python', key);
  const python = path.join(target, 'bin', 'python');
  if (existsSync(path.join(target, 'ready'))) return { python };
  const run = (file, args) => spawnSync(file, args, { encoding: 'utf8', timeout: 600_000 });
  if (run('python3', ['--version']).status !== 0) return { reason: 'python3 is not installed' };
  log(`Installing ${packages.join(', ')} for the interop tests (once, into the user cache) …`);
  const building = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const steps = [
    ['python3', ['-m', 'venv', building]],
    [path.join(building, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]],
    [
      path.join(building, 'bin', 'python'),
      [
        '-c',
        'import pyarrow, polars, deltalake, duckdb; open(__import__("sys").prefix + "/ready", "w").close()',
      ],
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
