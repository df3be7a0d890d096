import { type ErrorCode, ParquetryError, isParquetryError } from '@parquetry/core';
import { type Fault, networkCode, readRetryAfter } from '@parquetry/storage';
import { HEADERS_VARIABLE } from './headers';
import { BadAnswer, HttpStatus, TooLarge } from './request';

const CERTIFICATE = /^(CERT_|ERR_TLS|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(VERIFY|GET))/;

/** Maps a failed request to an error. The error never quotes the response, which may contain a header. */
export function httpFault(error: unknown, uri: string): Fault {
  if (isParquetryError(error)) return { error, again: false };
  const make = (code: ErrorCode, why: string, hint?: string): ParquetryError =>
    new ParquetryError(code, `${uri} ${why}.`, {
      details: { source: uri, ...(error instanceof HttpStatus ? { status: error.status } : {}) },
      ...(hint === undefined ? {} : { hint }),
    });
  if (error instanceof HttpStatus) return statusFault(error, make);
  if (error instanceof TooLarge)
    return { error: make('SOURCE_CORRUPT', `returned ${error.message}`), again: false };
  if (error instanceof BadAnswer || isDecompression(error)) {
    const why = error instanceof BadAnswer ? error.message : 'damaged compressed data';
    return { error: make('SOURCE_CORRUPT', `returned ${why}`, CORRUPT), again: true };
  }
  const code = networkCode(error) ?? 'no response';
  if (CERTIFICATE.test(code))
    return {
      error: make('CONFIG_INVALID', `has a certificate that is not trusted (${code})`, TRUST),
      again: false,
    };
  return { error: make('SOURCE_UNREACHABLE', `does not respond (${code})`, REACH), again: true };
}

function statusFault(
  { status, retryAfter }: HttpStatus,
  make: (code: ErrorCode, why: string, hint?: string) => ParquetryError,
): Fault {
  if (status === 401 || status === 403)
    return { error: make('PERMISSION_DENIED', `refused the request (${status})`, KEYS), again: false };
  if (status >= 300 && status < 400)
    return {
      error: make('SOURCE_INVALID', `redirects to another address (${status})`, REDIRECT),
      again: false,
    };
  if (status < 500 && status !== 408 && status !== 425 && status !== 429)
    return {
      error: make('SOURCE_INVALID', `does not support the request (${status})`, ADDRESS),
      again: false,
    };
  const why = status === 429 ? 'limits the request rate' : 'failed';
  const retryAfterMs = readRetryAfter(retryAfter);
  return {
    error: make('SOURCE_UNREACHABLE', `${why} (${status})`, status === 429 ? SLOW : REACH),
    again: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function isDecompression(error: unknown): boolean {
  const code = networkCode(error);
  return (code?.startsWith('Z_') ?? false) || (error instanceof Error && /zstd/i.test(error.message));
}

const REACH = "Check the network and the service's status; the step is retried automatically.";
const SLOW = 'Lower --concurrency, or set --rpc-rate on every worker.';
const TRUST = 'Set NODE_EXTRA_CA_CERTS to the certificate of its authority, or check the address.';
const KEYS = `Set the API key of the server in ${HEADERS_VARIABLE} on the worker.`;
const REDIRECT = 'Use the address that it redirects to; redirects are not followed.';
const ADDRESS = 'Check the address.';
const CORRUPT = 'Check the response of the server, or of a proxy in front of it.';
