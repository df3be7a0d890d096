import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ParquetryError, isParquetryError } from '@parquetry/core';
import { hostRule, isLoopback } from '@parquetry/report';
import type { Payload, PayloadCodec } from '@parquetry/temporal';

/** A page of the UI asks for the payloads of a few hundred events; each has at most 2 MB. */
const MAX_BODY = 64 << 20;

/** What a codec server needs. */
export interface CodecServerOptions {
  /** `host:port` on this machine; port 0 is a free one. */
  readonly address: string;
  /** Origin of the Temporal Web UI, the only one whose pages get answers. */
  readonly ui: string;
  readonly codec: PayloadCodec;
}

/** A running codec server. */
export interface CodecServer {
  /** For the settings of the UI. */
  readonly url: string;
  close(): void;
}

/**
 * Serves `POST /decode`, by which Temporal's Web UI and the `temporal` CLI show encrypted payloads. It never encrypts.
 * Only on loopback: every program that reaches it can have payloads decrypted.
 * @throws ParquetryError CONFIG_INVALID without keys, for an address that is not on loopback or can't be used
 */
export async function serveCodec({ address, ui, codec }: CodecServerOptions): Promise<CodecServer> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  if (!isLoopback(host))
    throw invalid(`A codec server listens on a loopback address, not on ${host}`, LOOPBACK);
  if (!codec.encrypts) throw invalid('There are no keys to decode with', KEYS);
  const accepts = hostRule(host);
  const server = createServer((request, response) => {
    response.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff');
    if (!accepts(request)) return fail(response, 421, 'This server does not serve the host of this request.');
    const { origin } = request.headers;
    if (origin !== undefined && origin !== ui)
      return fail(response, 403, 'The request comes from a page of another origin.');
    if (origin !== undefined)
      response
        .setHeader('access-control-allow-origin', ui)
        .setHeader('access-control-allow-credentials', 'true')
        .setHeader('vary', 'origin');
    if (request.url !== '/decode') return fail(response, 404, 'This server only has /decode.');
    if (request.method === 'OPTIONS') return allow(request, response);
    if (request.method !== 'POST') return fail(response, 405, 'Payloads are sent with POST.');
    // A page of another origin can send other types without asking first.
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return fail(response, 415, 'Payloads are sent as application/json.');
    return void decode(request, response, codec);
  });
  server.requestTimeout = 30_000;
  server.listen(Number(address.slice(colon + 1)), host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new ParquetryError('CONFIG_INVALID', `A codec server can't listen at ${address}.`, {
      cause,
      hint: '--listen needs a free port.',
    });
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Answers the question of a browser before it sends a request to another origin. */
function allow({ headers }: IncomingMessage, response: ServerResponse): void {
  response
    .setHeader('access-control-allow-methods', 'POST')
    .setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization')
    .setHeader('access-control-max-age', '600');
  // A UI on a public address asks a server on this machine.
  if (headers['access-control-request-private-network'] === 'true')
    response.setHeader('access-control-allow-private-network', 'true');
  response.writeHead(204).end();
}

async function decode(
  request: IncomingMessage,
  response: ServerResponse,
  codec: PayloadCodec,
): Promise<void> {
  try {
    const payloads = payloadsOf(await bodyOf(request));
    if (payloads === undefined) return fail(response, 400, 'The body is not {"payloads": [...]}.');
    const decoded = (await codec.decode(payloads)).map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)]),
      ),
      ...(data === undefined || data === null ? {} : { data: base64(data) }),
    }));
    send(response, 200, { payloads: decoded });
  } catch (error) {
    fail(response, 400, isParquetryError(error) ? error.message : 'The payloads could not be decoded.');
  }
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The payloads of a request in the JSON form of protocol buffers; undefined for anything else. */
function payloadsOf(body: string | undefined): Payload[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body ?? '');
  } catch {
    return undefined;
  }
  const list = isRecord(parsed) ? parsed['payloads'] : undefined;
  if (!Array.isArray(list) || !list.every(isRecord)) return undefined;
  return list.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(isRecord(metadata) ? metadata : {}).map(([name, value]) => [name, bytesOf(value)]),
    ),
    ...(data === undefined || data === null ? {} : { data: bytesOf(data) }),
  }));
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(response: ServerResponse, status: number, message: string): void {
  send(response, status, { message });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function invalid(message: string, hint: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `${message}.`, { hint });
}

const LOOPBACK = 'Use 127.0.0.1. For other machines put a proxy with a login in front of it.';
const KEYS = 'Set PARQUETRY_CODEC_KEYS or PARQUETRY_CODEC_KEYS_FILE, as for the workers.';
