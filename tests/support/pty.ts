import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Terminal } from '@xterm/headless';
import { emulatorLines } from '../../apps/cli/src/testing/terminal';
import type { Sandbox } from './cli';
import { PYTHON } from './python';

/** Any Python 3 has a pseudo-terminal; Node has none. */
const INTERPRETER = [PYTHON, 'python3'].find(
  (name) => name !== undefined && spawnSync(name, ['-c', 'import pty, termios']).status === 0,
);

/** `it` for tests that need a pseudo-terminal; they say so when they are skipped. */
export function itWithPty(name: string, run: () => Promise<void>, timeout: number): void {
  if (INTERPRETER !== undefined) it(name, run, timeout);
  else it.skip(`${name} [skipped: no python3 with the module pty]`, run);
}

/** A command on a terminal, as a person sees it. */
export class Pty {
  private readonly emulator: Terminal;
  private readonly child: ChildProcess;
  private written: Promise<void> = Promise.resolve();
  /** Exit code of the command. */
  readonly ended: Promise<number | null>;

  /** Starts `parquetry …args` in a sandbox. */
  constructor(sandbox: Sandbox, args: readonly string[], columns: number, rows: number) {
    if (INTERPRETER === undefined) throw new Error('there is no python3 with the module pty');
    this.emulator = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
    const size = [String(columns), String(rows)];
    this.child = spawn(INTERPRETER, [path.join(__dirname, 'runpty.py'), ...size, ...sandbox.command(args)], {
      cwd: sandbox.dir,
      env: sandbox.environment({ TERM: 'xterm-256color', CI: '' }),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (data: Buffer) => {
      this.written = new Promise((resolve) => this.emulator.write(data, resolve));
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** The lines of the screen and those that have left it at the top, without empty ones at the end. */
  async lines(): Promise<string[]> {
    await this.written;
    return emulatorLines(this.emulator);
  }

  /** Everything that the terminal shows, in lines as they were printed: a wrapped line is one. */
  async text(): Promise<string> {
    const lines = await this.lines();
    const { active } = this.emulator.buffer;
    return lines.reduce((text, line, at) => {
      const wrapped = at === 0 || active.getLine(at)?.isWrapped === true;
      return text + (wrapped ? '' : '\n') + line;
    }, '');
  }

  /** The lines of the screen. */
  async screen(): Promise<string[]> {
    return (await this.lines()).slice(this.emulator.buffer.active.baseY);
  }

  /** Waits until the terminal has shown a text; gives the screen. */
  async until(what: RegExp): Promise<string[]> {
    for (;;) {
      const text = await this.text();
      if (what.test(text)) return this.screen();
      if (this.child.exitCode !== null)
        throw new Error(`the command ended without ${String(what)} on its screen:\n${text}`);
      await sleep(50);
    }
  }

  /** Waits for the end; gives the exit code and what the terminal shows then. */
  async end(): Promise<{ readonly code: number | null; readonly text: string }> {
    const code = await this.ended;
    return { code, text: await this.text() };
  }

  resize(columns: number, rows: number): void {
    this.emulator.resize(columns, rows);
    this.child.stdin?.write(`size ${columns} ${rows}\n`);
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    this.child.stdin?.write('interrupt\n');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
