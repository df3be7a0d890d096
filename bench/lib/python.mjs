// A private Python with the contenders that are Python libraries, in the user cache, separate from the tests' one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from '../../tools/python.mjs';

export const PACKAGES = ['pyarrow==26.0.1', 'polars==2.1.0', 'dlt[parquet]==1.31.0'];

/** Path of the interpreter, installing it first where Python and PyPI can be had; else undefined and the reason. */
export function benchPython(log = console.error) {
  const key = createHash('sha256').update(PACKAGES.join('\n')).digest('hex').slice(0, 12);
  const target = path.join(cacheRoot(), 'bench-python', key);
  if (existsSync(path.join(target, 'ready'))) return { python: path.join(target, 'bin', 'python') };
  log(`Installing ${PACKAGES.join(', ')} (once, into the user cache) …`);
  const building = `${target}.${process.pid}`;
  mkdirSync(path.dirname(target), { recursive: true });
  const steps = [
    ['python3', ['-m', 'venv', building]],
    [path.join(building, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES]],
  ];
  for (const [file, args] of steps) {
    const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8', timeout: 600_000 });
    if (status === 0) continue;
    rmSync(building, { recursive: true, force: true });
    return { reason: `${path.basename(file)}: ${(stderr || String(error)).trim().split('\n').at(-1)}` };
  }
  writeFileSync(path.join(building, 'ready'), '');
  rmSync(target, { recursive: true, force: true });
  renameSync(building, target);
  return { python: path.join(target, 'bin', 'python') };
}
