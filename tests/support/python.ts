import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import path from 'node:path';

/** Interpreter with pyarrow, polars and deltalake; set by `npm test`. */
export const PYTHON = process.env['PARQUETRY_PYTHON'];

/** Interpreter with delta-rs before version 1; set by `npm test`. */
export const OLD_PYTHON = process.env['PARQUETRY_OLD_PYTHON'];

/** Folder with chdb and pandas, which `npm test` does not install: chdb is a download of 180 MB. */
export const CHDB = process.env['PARQUETRY_CHDB'];

/** `it` for tests that need the independent readers. */
export function itWithPython(name: string, run: () => Promise<void>, timeout: number): void {
  if (PYTHON !== undefined) it(name, run, timeout);
  else it.skip(`${name} [skipped: no Python with pyarrow, polars and deltalake]`, run);
}

/** Runs a script of `tests/interop` and parses the JSON it prints. */
export function python<T>(script: string, args: readonly string[]): T {
  return run(script, args, '');
}

/** The same for a script that reads its request from stdin, as JSON. */
export function pythonAsk<T>(script: string, request: object, interpreter = PYTHON, packages?: string): T {
  return run(script, [], JSON.stringify(request), interpreter, packages);
}

/** The same without blocking this process, for a script that reads from a server of this process. */
export async function pythonAsync<T>(script: string, request: object, packages?: string): Promise<T> {
  const child = spawn(interpreterOf(PYTHON), commandOf(script, []), { env: environmentOf(packages) });
  child.stdin.end(JSON.stringify(request));
  const closed = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  if (code !== 0) throw new Error(`${script} failed:\n${stderr}`);
  return JSON.parse(stdout) as T;
}

function interpreterOf(interpreter: string | undefined): string {
  if (interpreter === undefined) throw new Error('PARQUETRY_PYTHON is not set');
  return interpreter;
}

function commandOf(script: string, args: readonly string[]): string[] {
  return ['run.py', script].map((name) => path.join(__dirname, '../interop', name)).concat(args);
}

function environmentOf(packages: string | undefined): NodeJS.ProcessEnv {
  return { ...process.env, TZ: 'UTC', ...(packages === undefined ? {} : { PYTHONPATH: packages }) };
}

function run<T>(
  script: string,
  args: readonly string[],
  input: string,
  interpreter = PYTHON,
  packages?: string,
): T {
  const { status, stdout, stderr } = spawnSync(interpreterOf(interpreter), commandOf(script, args), {
    input,
    encoding: 'utf8',
    env: environmentOf(packages),
    maxBuffer: 256 << 20,
  });
  if (status !== 0) throw new Error(`${script} ${args.join(' ')} failed:\n${stderr}`);
  return JSON.parse(stdout) as T;
}
