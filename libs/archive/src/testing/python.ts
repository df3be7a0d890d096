import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A Python with deltalake, polars and pyarrow, for tests that read the tables with other programs. */
export const PYTHON = process.env['PARQUETRY_PYTHON'];

/** Threads that delta-rs leaves behind abort the interpreter, more often than not, while it ends by itself. */
const LEAVE = '\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n';

/** Runs a script and gives what it printed as JSON. */
export async function runPython(script: string, ...args: string[]): Promise<unknown> {
  if (PYTHON === undefined) throw new Error('PARQUETRY_PYTHON is not set.');
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', script + LEAVE, ...args], {
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout);
}
