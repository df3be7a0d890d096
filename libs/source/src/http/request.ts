import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { type Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { NoAnswer } from '@parquetry/storage';
import { ZstdFrames } from '../zstd/stream';
import { PATH, headersFor } from './headers';

/** A request to a source. The headers that the worker has for the server are added. */
export interface HttpRequest {
  readonly url: URL;
  /** The JSON body of a POST; without it the request is a GET. */
  readonly json?: string;
  readonly accept: string;
  readonly encodings: string;
  /** The request fails when no byte arrives for this time. */
  readonly idleMs: number;
  readonly signal?: AbortSignal;
}

/** A response whose body is decompressed while it is read. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** HTTP trailers; complete after the body was read. */
  readonly trailers: () => NodeJS.Dict<string>;
}

/** The response status is not 200. */
export class HttpStatus extends Error {
  constructor(
    readonly status: number,
    readonly retryAfter: string | undefined,
  ) {
    super(`status ${status}`);
  }
}

/** The response is invalid; a retry may succeed. */
export class BadAnswer extends Error {}

/** The response is larger than the limit. */
export class TooLarge extends Error {}

/** Sends a request. Does not follow redirects, which would send the headers to another server. */
function send(request: HttpRequest): Promise<HttpAnswer> {
  const { json, accept, encodings, idleMs, signal } = request;
  const { [PATH]: start = '', ...headers } = headersFor(request.url);
  const url = new URL(request.url);
  if (start !== '') url.pathname = url.pathname === '/' ? start : start.replace(/\/$/, '') + url.pathname;
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? tlsRequest : plainRequest)(url, {
      method: json === undefined ? 'GET' : 'POST',
      headers: {
        accept,
        'accept-encoding': encodings,
        'user-agent': 'parquetry',
        ...(json === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
        ...headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
    call.setTimeout(idleMs, () => call.destroy(new NoAnswer(idleMs)));
    call.on('error', reject);
    call.on('response', (response) => {
      try {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: decoded(response),
          trailers: () => response.trailers,
        });
      } catch (error) {
        call.destroy();
        reject(error as Error);
      }
    });
    call.end(json);
  });
}

/** Sends a request and requires status 200. @throws HttpStatus */
export async function sendFor200(request: HttpRequest): Promise<HttpAnswer> {
  const answer = await send(request);
  if (answer.status === 200) return answer;
  answer.body.on('error', () => undefined).destroy();
  throw new HttpStatus(answer.status, answer.headers['retry-after']);
}

/** Reads the whole body. @throws TooLarge */
export async function readBody(body: Readable, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new TooLarge(`more than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function decoded(response: IncomingMessage): Readable {
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return response;
  if (encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'zstd')
    throw new BadAnswer('a content-encoding that was not requested');
  const decoder = encoding === 'zstd' ? new ZstdFrames() : createGunzip();
  // The decoder emits the errors of both streams.
  return pipeline(response, decoder, () => undefined);
}
