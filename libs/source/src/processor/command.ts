import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type LedgerRange, ParquetryError, isSecretVariable } from '@parquetry/core';

/** Names the file with the worker's commands: JSON of `{"NAME": ["program", "argument", …]}`. */
export const PROCESSORS_VARIABLE = 'PARQUETRY_PROCESSORS';

/** Secrets of the worker that no command needs; credentials of clouds stay, because commands may read buckets. */
const isKeptBack = (name: string): boolean => isSecretVariable(name) && !name.startsWith('AWS_');

/** Exit code of a command whose ledgers are not available yet (EX_TEMPFAIL). */
const NOT_READY = 75;
const STDERR_BYTES = 4_000;
const STDERR_LINES = 5;

/** A processor failed; the message says how, without the processor's name. */
export class CommandFailure extends Error {}

/** A processor does not have the range yet. */
export class NotReady extends Error {}

/** A running command. */
export interface RunningCommand {
  readonly stdout: Readable;
  /** Rejects unless the command ended with exit code 0. */
  readonly ended: Promise<void>;
  /** Kills the command and its child processes. */
  kill(): void;
}

/**
 * Runs a command from the worker's configuration for a range. A run only names the command; it cannot define one.
 * @throws ParquetryError CONFIG_INVALID when the worker has no command with this name
 */
export function runCommand(
  name: string,
  { start, end }: LedgerRange,
  idleMs: number,
  signal: AbortSignal | undefined,
): RunningCommand {
  const [program, ...args] = commandOf(name);
  const env = { ...process.env };
  for (const variable of Object.keys(env).filter(isKeptBack)) delete env[variable];
  const child = spawn(program, [...args, '--start', String(start), '--end', String(end)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A separate process group, so that its child processes end with it.
    detached: true,
    env,
  });
  const kill = (): void => killGroup(child);
  signal?.addEventListener('abort', kill, { once: true });
  let lines = '';
  let idle = false;
  const watch = setTimeout(() => {
    idle = true;
    kill();
  }, idleMs);
  child.stdout.on('data', () => watch.refresh());
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (lines = (lines + text).slice(-STDERR_BYTES)));
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new CommandFailure(`can't be started: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`)),
    );
    child.on('close', (code, ended) => {
      if (code === 0) return resolve();
      if (code === NOT_READY) return reject(new NotReady());
      const last = lines.trim().split('\n').slice(-STDERR_LINES).join(' | ');
      const how = idle
        ? `printed nothing for ${idleMs / 1000} s`
        : code === null
          ? `was ended by ${ended}`
          : `ended with exit code ${code}`;
      reject(new CommandFailure(`${how}${last === '' ? '' : `: ${last}`}`));
    });
  }).finally(() => {
    clearTimeout(watch);
    signal?.removeEventListener('abort', kill);
  });
  ended.catch(() => undefined);
  return { stdout: child.stdout, ended, kill };
}

function commandOf(name: string): [string, ...string[]] {
  const file = process.env[PROCESSORS_VARIABLE];
  const fail = (why: string): never => {
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The processor ${JSON.stringify(name.slice(0, 100))} ${why}.`,
      {
        hint: `Set ${PROCESSORS_VARIABLE} of every worker to a JSON file of {"NAME": ["program", "argument"]}.`,
      },
    );
  };
  if (file === undefined || file === '') return fail(`is unknown: this worker has no ${PROCESSORS_VARIABLE}`);
  let commands: unknown;
  try {
    commands = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return fail(`is unknown: the file of ${PROCESSORS_VARIABLE} is not readable JSON`);
  }
  const found = typeof commands === 'object' && commands !== null && Object.hasOwn(commands, name);
  if (!found) return fail(`is not in the ${PROCESSORS_VARIABLE} of this worker`);
  const argv = (commands as Readonly<Record<string, unknown>>)[name];
  if (!Array.isArray(argv) || argv.length === 0 || !argv.every((arg) => typeof arg === 'string'))
    return fail('is not a list of a program and its arguments');
  return argv as [string, ...string[]];
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
