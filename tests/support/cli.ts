import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PYTHON } from './python';

const ROOT = path.resolve(__dirname, '../..');
const BIN = path.join(ROOT, 'apps/cli/bin/parquetry.js');
const CODE_CACHE = path.join(__dirname, 'codecache.cjs');

/** Real ledgers and goldens; absent in a plain clone. */
export const TEST_DATA = process.env['PARQUETRY_TEST_DATA'] ?? path.resolve(ROOT, '../shared/data');
export const HAS_TEST_DATA = existsSync(path.join(TEST_DATA, 'index.md'));

/** `it` for tests that need the real ledgers; they say so when they are skipped. */
export function itWithData(name: string, run: () => Promise<void>, timeout: number): void {
  if (HAS_TEST_DATA) it(name, run, timeout);
  else it.skip(`${name} [skipped: no test data; set PARQUETRY_TEST_DATA]`, run);
}

/** The output and the exit of a command. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
  /** Text printed so far on stderr. */
  stderr(): string;
}

/** A private folder with its own `.parquetry/`, in which commands run as a user types them. */
export class Sandbox {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'parquetry-e2e-'));
  private readonly running = new Set<ChildProcess>();

  /** Path below the sandbox. */
  path(...parts: string[]): string {
    return path.join(this.dir, ...parts);
  }

  /** The environment of commands. */
  environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')),
    );
    const options = `${process.env['NODE_OPTIONS'] ?? ''} --require ${CODE_CACHE}`;
    const own = { PARQUETRY_HOME: this.path('.parquetry'), NODE_OPTIONS: options };
    return { ...clean, ...own, ...more };
  }

  /** The words that start `parquetry …args`. */
  command(args: readonly string[]): string[] {
    return [process.execPath, BIN, ...args];
  }

  /** Starts `parquetry …args`. */
  start(args: readonly string[], env: Record<string, string> = {}): Running {
    return this.spawn(this.command(args), env);
  }

  /** Starts a line of a shell, in which `parquetry` is the command. */
  shell(line: string, cwd = this.dir, env: Record<string, string> = {}): Running {
    const bin = this.path('bin');
    mkdirSync(bin, { recursive: true });
    const programs = { parquetry: this.command([]), ...(PYTHON === undefined ? {} : { python3: [PYTHON] }) };
    for (const [name, words] of Object.entries(programs))
      if (!existsSync(path.join(bin, name)))
        writeFileSync(path.join(bin, name), `#!/bin/sh\nexec '${words.join("' '")}' "$@"\n`, { mode: 0o755 });
    const search = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    return this.spawn(['bash', '-o', 'pipefail', '-c', line], { ...search, ...env }, cwd);
  }

  private spawn([command = '', ...words]: string[], env: Record<string, string>, cwd = this.dir): Running {
    const child = spawn(command, words, {
      cwd,
      env: this.environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Finished>((resolve) =>
      child.on('close', (code, signal) => {
        this.running.delete(child);
        resolve({ code, signal, stdout, stderr });
      }),
    );
    return { child, ended, stderr: () => stderr };
  }

  /**
   * Starts `parquetry dev` and waits for its worker. Commands then run on it, which saves them the start of a server and
   * a worker.
   */
  async dev(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Running> {
    const dev = this.start(['dev', ...args], env);
    while (!dev.stderr().includes('A worker is running')) {
      if (dev.child.exitCode !== null) throw new Error(`parquetry dev ended:\n${dev.stderr()}`);
      await sleep(50);
    }
    return dev;
  }

  /** Runs `parquetry …args` to its end. */
  run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    return this.start(args, env).ended;
  }

  /** Runs a command with `--json` and parses its one document. */
  async json<T>(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ code: number | null; document: T; stderr: string }> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], env);
    try {
      return { code, document: JSON.parse(stdout) as T, stderr };
    } catch (cause) {
      throw new Error(
        `no single JSON document on stdout of ${args.join(' ')} (exit ${code}):\n${stdout}\n${stderr}`,
        { cause },
      );
    }
  }

  /** Stops the remaining processes, also the embedded server, and removes the folder. */
  async dispose(): Promise<void> {
    for (const child of this.running) child.kill('SIGKILL');
    const { devHome, stopDevServer } = await import('@parquetry/temporal');
    await stopDevServer(devHome({ PARQUETRY_HOME: this.path('.parquetry') }));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
