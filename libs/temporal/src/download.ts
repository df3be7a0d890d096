import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Environment } from './tools';
import { run, TEMPORAL_VERSION } from './tools';

/** The download service of Temporal's SDKs; it returns `{archiveUrl, fileToExtract}`. */
export const DOWNLOAD_SERVICE = 'https://temporal.download/cli';

/** Limits of a download. */
export interface DownloadOptions {
  readonly env: Environment;
  /** Base address of the download service. */
  readonly service: string;
  /** Time limit for the service's response and for the archive's first byte; bounds the delay without a network. */
  readonly connectTimeoutMs: number;
  /** Longest pause during the transfer. */
  readonly stallMs: number;
  readonly onProgress: (receivedBytes: number) => void;
}

/** The archive of the CLI has about 50 MB; one of ten times that size is wrong. */
const MAX_ARCHIVE_BYTES = 600 * 2 ** 20;

/**
 * Fetches the Temporal CLI the way the SDK's own test server does (same service, same query) and unpacks it into
 * `folder`, but without the SDK's unbounded wait.
 * @returns path of the executable
 * @throws Error with a one-line reason: no network, refused, stalled, not an archive
 */
export async function downloadTemporal(folder: string, options: DownloadOptions): Promise<string> {
  const info = await describeArchive(options);
  await mkdir(folder, { recursive: true });
  const archive = join(folder, 'temporal.tar.gz');
  await fetchTo(archive, info.archiveUrl, options);
  const unpacked = await run('tar', ['-xzf', archive, '-C', folder, info.fileToExtract], {
    env: options.env,
    timeoutMs: 120_000,
  });
  if (unpacked.code !== 0) throw new Error(`tar could not unpack it: ${unpacked.output.trim()}`);
  const executable = join(folder, info.fileToExtract);
  await chmod(executable, 0o755);
  return executable;
}

async function describeArchive(
  options: DownloadOptions,
): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const query = new URLSearchParams({ arch: architecture(), platform: platform(), format: 'tar.gz' });
  const response = await fetch(`${options.service}/${TEMPORAL_VERSION}?${query.toString()}`, {
    signal: AbortSignal.timeout(options.connectTimeoutMs),
  });
  if (!response.ok) throw new Error(`the download service returned ${response.status}`);
  const answer = (await response.json()) as Record<string, unknown>;
  const { archiveUrl, fileToExtract } = answer;
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string')
    throw new Error('the download service returned no archive');
  if (new URL(archiveUrl).protocol !== new URL(options.service).protocol)
    throw new Error('the download service returned an archive at an insecure address');
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.]*$/.test(fileToExtract))
    throw new Error('the download service returned an unexpected file name');
  return { archiveUrl, fileToExtract };
}

async function fetchTo(path: string, url: string, options: DownloadOptions): Promise<void> {
  const stop = new AbortController();
  const stall = (): void => stop.abort(new Error('the download stalled'));
  let timer = setTimeout(stall, options.connectTimeoutMs);
  try {
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok || response.body === null)
      throw new Error(`the archive's server returned ${response.status}`);
    let received = 0;
    const watch = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        clearTimeout(timer);
        timer = setTimeout(stall, options.stallMs);
        received += chunk.length;
        options.onProgress(received);
        next(received > MAX_ARCHIVE_BYTES ? new Error('the archive is too large') : null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), watch, createWriteStream(path), {
      signal: stop.signal,
    });
  } finally {
    clearTimeout(timer);
  }
}

function architecture(): string {
  if (process.arch === 'x64') return 'amd64';
  if (process.arch === 'arm64') return 'arm64';
  throw new Error(`there is none for ${process.arch}`);
}

function platform(): string {
  if (process.platform === 'win32') return 'windows';
  return process.platform === 'darwin' ? 'darwin' : 'linux';
}
