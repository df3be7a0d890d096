import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import { ParquetryError } from '@parquetry/core';
import { DOWNLOAD_SERVICE, downloadTemporal } from './download';
import { withLock } from './lock';
import type { Environment } from './tools';
import { cacheFolder, elapsed, run, TEMPORAL_VERSION } from './tools';

/** What `go install` builds. Later releases can't be installed this way (their go.mod replaces a module). */
const GO_PACKAGE = `github.com/temporalio/cli/cmd/temporal@${TEMPORAL_VERSION}`;
const BUILD_LIMIT_MS = 30 * 60_000;

/** Options of the search for the server binary. All have defaults; tests set folders, tools and limits. */
export interface BinaryOptions {
  /** Called with one line of text when a slow step starts, and then every `reportMs`. */
  readonly onProgress?: (line: string) => void;
  /** `PATH` finds `temporal` and `go`; `PARQUETRY_CACHE`, `XDG_CACHE_HOME`, `HOME` locate the cache. */
  readonly env?: Environment;
  readonly downloadService?: string;
  readonly connectTimeoutMs?: number;
  readonly reportMs?: number;
}

/**
 * Finds the `temporal` binary for the embedded server: on PATH, in the user's cache, from the SDK's download service (a
 * few seconds when there is no network), or built once with `go install` (minutes, with progress). Downloads and builds
 * are moved to the cache by rename, under a lock: concurrent commands build only once.
 * @returns a path, or `temporal` when PATH has it
 * @throws ParquetryError TEMPORAL_UNAVAILABLE with what was tried and what to install
 */
export async function resolveTemporalBinary(options: BinaryOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const installed = await findTemporalBinary(env);
  if (installed !== undefined) return installed;
  const folder = versionFolder(env);
  const report = options.onProgress ?? (() => undefined);
  const lock = {
    waitMs: BUILD_LIMIT_MS + 60_000,
    reportMs: options.reportMs ?? 5_000,
    onWait: (ms: number) =>
      report(`Waiting for another command that installs the Temporal server (${elapsed(ms)})`),
  };
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unavailable([`the cache ${folder} can't be written (${reason(error)}; PARQUETRY_CACHE moves it)`]);
  });
  return withLock(join(folder, 'lock'), lock, async () => {
    const cached = cachedBinary(env);
    if (await works(cached, env)) return cached;
    const tried = ['"temporal" is not on PATH', `${cached} does not exist`];
    await clearDrafts(folder);
    for (const get of [download, build]) {
      const draft = join(folder, `draft-${process.pid}-${get.name}`);
      try {
        const made = await get(draft, { ...options, env }, report);
        if (!(await works(made, env))) throw new Error('the result does not run on this machine');
        await rename(made, cached);
        return cached;
      } catch (error) {
        tried.push(`${get.name}: ${reason(error)}`);
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    }
    throw unavailable(tried);
  });
}

/**
 * The installed binary, on PATH or in the cache; never downloads or builds.
 * @returns `temporal`, the cached path, or undefined
 */
export async function findTemporalBinary(env: Environment = process.env): Promise<string | undefined> {
  for (const candidate of ['temporal', cachedBinary(env)]) if (await works(candidate, env)) return candidate;
  return undefined;
}

/** Path of the cached binary, whether or not it exists. */
export function cachedBinary(env: Environment = process.env): string {
  return join(versionFolder(env), process.platform === 'win32' ? 'temporal.exe' : 'temporal');
}

function versionFolder(env: Environment): string {
  return join(cacheFolder(env), 'temporal', TEMPORAL_VERSION);
}

async function works(path: string, env: Environment): Promise<boolean> {
  const { code, output } = await run(path, ['--version'], { env, timeoutMs: 30_000 });
  return code === 0 && /\btemporal version\b/i.test(output);
}

type Getter = (
  draft: string,
  options: BinaryOptions & { readonly env: Environment },
  report: (line: string) => void,
) => Promise<string>;

const download: Getter = async (draft, options, report) => {
  report(`Getting the Temporal server ${TEMPORAL_VERSION} (once)`);
  let received = 0;
  const stop = every(options, (ms) => {
    if (received > 0)
      report(`Downloading the Temporal server: ${Math.round(received / 1e6)} MB, ${elapsed(ms)}`);
  });
  try {
    return await downloadTemporal(draft, {
      env: options.env,
      service: options.downloadService ?? DOWNLOAD_SERVICE,
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      stallMs: 15_000,
      onProgress: (bytes) => (received = bytes),
    });
  } finally {
    stop();
  }
};

const build: Getter = async (draft, options, report) => {
  const { env } = options;
  const version = await run('go', ['version'], { env, timeoutMs: 30_000 });
  if (version.code !== 0) throw new Error('Go is not installed');
  report(`Building the Temporal server ${TEMPORAL_VERSION} with Go; this takes some minutes, once`);
  const stop = every(options, (ms) => report(`Building the Temporal server: ${elapsed(ms)}`));
  try {
    await mkdir(draft, { recursive: true });
    const built = await run('go', ['install', GO_PACKAGE], {
      // GOFLAGS of another project (such as -mod=vendor) would break this build.
      env: { ...env, GOBIN: draft, GOFLAGS: '', GO111MODULE: 'on' },
      timeoutMs: BUILD_LIMIT_MS,
      cwd: draft,
    });
    if (built.code !== 0) throw new Error(`"go install ${GO_PACKAGE}" failed: ${last(built.output)}`);
    return join(draft, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
  } finally {
    stop();
  }
};

function every(options: BinaryOptions, report: (elapsedMs: number) => void): () => void {
  const begin = Date.now();
  const timer = setInterval(() => report(Date.now() - begin), options.reportMs ?? 5_000);
  return () => clearInterval(timer);
}

/** Removes the leftovers of a killed command; called under the lock, so no other command is active. */
async function clearDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('draft-')) await rm(join(folder, name), { recursive: true, force: true });
}

function reason(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  // fetch puts the network error into the cause.
  return types.isNativeError(error.cause) ? `${error.message} (${error.cause.message})` : error.message;
}

function last(output: string): string {
  return output.trim().split('\n').slice(-3).join(' / ');
}

function unavailable(tried: readonly string[]): ParquetryError {
  return new ParquetryError(
    'TEMPORAL_UNAVAILABLE',
    `There is no Temporal server to start here: ${tried.join('; ')}.`,
    {
      details: { tried: [...tried] },
      hint: 'Install the Temporal CLI (https://docs.temporal.io/cli) so that "temporal" is on PATH, or Go 1.24 or later, or set TEMPORAL_ADDRESS to a running cluster.',
    },
  );
}
