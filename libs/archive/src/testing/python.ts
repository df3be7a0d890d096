import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A Python interpreter with deltalake, polars and pyarrow, for tests that read the tables with other programs. */
export const PYTHON = process.env['PARQUETRY_PYTHON'];

/** Threads that delta-rs leaves behind often abort the interpreter during a normal exit. */
const LEAVE = '\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n';

/** Runs a script and parses its output as JSON. */
export async function runPython(script: string, ...args: string[]): Promise<unknown> {
  if (PYTHON === undefined) throw new Error('PARQUETRY_PYTHON is not set.');
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', script + LEAVE, ...args], {
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout);
}
