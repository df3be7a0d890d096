import { createWriteStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type LedgerRange,
  ParquetryError,
  formatRange,
  systemErrorCode,
  withoutSecrets,
} from '@parquetry/core';
import { type Fault, type RetryPolicy, readRetryAfter, retrying } from '@parquetry/storage';
import { observed } from '@parquetry/system';
import { BadAnswer, HttpStatus, httpFault, sendFor200 } from '../http';
import type { SourceFile } from '../ndjson/files/sourcefile';
import { CommandFailure, NotReady, runCommand } from './command';
import { answerRequest } from './ranges';

/** The trailer in which a processor reports, after its messages, that they are incomplete. */
const ERROR_TRAILER = 'x-processor-error';
/** A processor may work for a while before its first message. */
const IDLE_MS = 600_000;
/** Maximum size of an answer, bytes after decompression. */
const MAX_ANSWER = 16 * 2 ** 30;
/** Retries for about a minute; after that, the step itself is retried. */
const RETRY: RetryPolicy = { attempts: 8, backoffMs: 500 };

/**
 * Streams a processor's answer for a range to a local file. Fails unless the answer is complete. `waits`: retries while
 * the processor does not have the range yet.
 * @returns bytes written
 * @throws ParquetryError PROCESSOR_FAILED, SOURCE_NOT_READY, SOURCE_UNREACHABLE, SOURCE_CORRUPT, SOURCE_INVALID,
 *   PERMISSION_DENIED, CONFIG_INVALID, CANCELLED
 */
export function fetchAnswer(
  file: SourceFile,
  target: string,
  signal?: AbortSignal,
  { retry = RETRY, waits = true }: { readonly retry?: RetryPolicy; readonly waits?: boolean } = {},
): Promise<number> {
  const { uri, range } = answerRequest(file);
  const command = uri.startsWith('processor:');
  const fetch = command ? fromCommand : fromServer;
  const fault = (error: unknown): Fault => answerFault(error, uri, range, waits);
  const operation = {
    kind: 'source',
    name: 'processor',
    facts: { server: command ? uri : new URL(uri).host, ledgers: formatRange(range) },
  } as const;
  const once = (): Promise<number> =>
    observed(
      operation,
      () => fetch(uri, range, target, signal),
      (bytes) => ({ size: bytes }),
      (error) => fault(error).error,
    );
  return retrying(retry, once, fault, signal);
}

async function fromServer(
  uri: string,
  { start, end }: { start: number; end: number },
  target: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const url = new URL(uri);
  url.searchParams.set('start', String(start));
  url.searchParams.set('end', String(end));
  const request = { url, accept: 'application/x-ndjson', encodings: 'zstd, gzip', idleMs: IDLE_MS };
  const answer = await sendFor200({ ...request, ...(signal === undefined ? {} : { signal }) });
  const { headers } = answer;
  // Without one of them, a truncated answer looks complete.
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    answer.body.destroy();
    throw new BadAnswer(
      'a response without Content-Length or chunked encoding, so truncation cannot be detected',
    );
  }
  const bytes = await save(answer.body, target, signal);
  const failed = answer.trailers()[ERROR_TRAILER];
  if (failed !== undefined) throw new CommandFailure(`reported an error after its messages: ${failed}`);
  return bytes;
}

async function fromCommand(
  uri: string,
  range: { start: number; end: number },
  target: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const command = runCommand(uri.slice('processor:'.length), range, IDLE_MS, signal);
  let bytes: number;
  try {
    bytes = await save(command.stdout, target, signal);
  } catch (error) {
    command.kill();
    await command.ended.catch(() => undefined);
    throw error;
  }
  await command.ended;
  return bytes;
}

async function save(body: Readable, target: string, signal: AbortSignal | undefined): Promise<number> {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done): void {
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER) return done(null, chunk);
      done(
        new ParquetryError('SOURCE_INVALID', `A processor returned more than ${MAX_ANSWER} bytes.`, {
          hint: 'Use smaller partitions: --partition-size.',
        }),
      );
    },
  });
  await pipeline(body, counted, createWriteStream(target), ...(signal === undefined ? [] : [{ signal }]));
  return bytes;
}

function answerFault(error: unknown, uri: string, range: LedgerRange, waits: boolean): Fault {
  const what = `ledgers ${formatRange(range)}`;
  const details = { source: uri, start: range.start, end: range.end };
  if (error instanceof CommandFailure)
    return {
      error: new ParquetryError(
        'PROCESSOR_FAILED',
        `${uri} ${withoutSecrets(error.message, process.env)} (${what}).`,
        {
          details,
        },
      ),
      again: true,
    };
  const early =
    error instanceof HttpStatus &&
    (error.status === 425 || (error.status === 404 && error.retryAfter !== undefined));
  if (early || error instanceof NotReady) {
    const retryAfterMs = error instanceof HttpStatus ? readRetryAfter(error.retryAfter) : undefined;
    return {
      error: new ParquetryError('SOURCE_NOT_READY', `${uri} does not have ${what} yet.`, {
        details: { ...details, ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }) },
        hint: 'Retry when the processor has caught up.',
      }),
      again: waits,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  const code = systemErrorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return {
      error: new ParquetryError('STAGE_FULL', `Not enough disk space for the answer of ${uri} for ${what}.`, {
        details,
      }),
      again: false,
    };
  return httpFault(error, uri);
}
