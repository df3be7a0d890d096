import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { systemErrorCode } from '@parquetry/core';

/** The release of the Temporal CLI (server 1.29.1, UI 2.42.1) that is downloaded or built when none is installed. */
export const TEMPORAL_VERSION = 'v1.5.1';

/** Environment variables in the form of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Result of a program: exit code (undefined when it could not start or was killed) and the tail of its output. */
export interface Outcome {
  readonly code: number | undefined;
  readonly output: string;
}

const KEPT_OUTPUT = 8_192;

/**
 * Runs a program without a shell, and keeps the tail of its output.
 * @param options.timeoutMs after which it is killed
 */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly env: Environment; readonly timeoutMs: number; readonly cwd?: string },
): Promise<Outcome> {
  return new Promise((done) => {
    let child: ChildProcessByStdio<null, Readable, Readable>;
    try {
      child = spawn(program, args, {
        env: options.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
    } catch (error) {
      // Some failures (such as a path through a file) are thrown, others are emitted as an event.
      done({ code: undefined, output: systemErrorCode(error) ?? 'could not be started' });
      return;
    }
    // Not spawn's own `timeout`: its timer stays for the full time when the program is not found.
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    };
    const end = (outcome: Outcome): void => {
      clearTimeout(timer);
      done(outcome);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => end({ code: undefined, output: error.message }));
    child.on('close', (code, signal) =>
      end(
        code === null
          ? { code: undefined, output: `${output}ended by ${signal ?? 'a signal'}` }
          : { code, output },
      ),
    );
  });
}

/** The user's cache folder: `PARQUETRY_CACHE`, else `XDG_CACHE_HOME/parquetry`, else `~/.cache/parquetry`. */
export function cacheFolder(env: Environment): string {
  if (filled(env['PARQUETRY_CACHE'])) return resolve(env['PARQUETRY_CACHE']);
  if (filled(env['XDG_CACHE_HOME'])) return resolve(env['XDG_CACHE_HOME'], 'parquetry');
  return join(filled(env['HOME']) ? env['HOME'] : homedir(), '.cache', 'parquetry');
}

/** True for a variable with a value; an empty one counts as unset. */
export function filled(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/** `2m05s`, `40s`: a duration for progress lines. */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}
