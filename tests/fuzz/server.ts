import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { mutateBytes } from './mutate';
import type { Random } from './random';

/** A response before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** The connection is reset in the middle of the body. */
  readonly cut?: boolean;
}

/** More bytes than a client of the targets may take, in few bytes. */
const BOMB = gzipSync(Buffer.alloc(64 << 20));

/** A server on loopback whose responses a case decides. */
export class HostileServer {
  respond: (request: IncomingMessage, body: Buffer) => Answer = () => ({
    status: 404,
    headers: {},
    body: Buffer.of(),
  });
  readonly url: string;

  private constructor(private readonly server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<HostileServer> {
    const server = createServer({ keepAlive: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const hostile = new HostileServer(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => hostile.answer(request, Buffer.concat(parts), response));
    });
    return hostile;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, sent: Buffer, response: ServerResponse): void {
    const { status, headers, body, cut } = this.respond(request, sent);
    response.on('error', () => undefined);
    if (cut !== true) return void response.writeHead(status, headers).end(body);
    response.writeHead(status, headers);
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.resetAndDestroy());
  }
}

/** Damages a response on its way: its status, its encoding, its length, its bytes. */
export function damageTransport(random: Random, { status, headers, body }: Answer): Answer {
  switch (random.below(10)) {
    case 0:
      return {
        status: random.pick([201, 204, 301, 400, 401, 403, 404, 408, 416, 425, 429, 500, 502, 503, 599]),
        headers: { ...headers, ...retryAfter(random) },
        body,
      };
    case 1:
      return {
        status,
        headers: {
          ...headers,
          'content-encoding': random.pick(['gzip', 'zstd', 'br', 'x', 'identity', 'gzip, gzip', '']),
        },
        body,
      };
    case 2:
      return {
        status,
        headers: { ...headers, 'content-encoding': 'gzip' },
        body: mutateBytes(random, gzipSync(body), 2),
      };
    case 3:
      return { status, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) };
    case 4:
      return {
        status,
        headers: random.chance(8) ? { ...headers, 'content-encoding': 'gzip' } : headers,
        body: random.chance(8) ? BOMB : Buffer.of(),
      };
    case 5:
      return { status, headers, body, cut: true };
    case 6:
      return {
        status,
        headers: { ...headers, 'content-length': String(Math.max(0, body.length - random.below(20))) },
        body,
      };
    case 7:
      return {
        status,
        headers: {
          ...headers,
          'content-type': random.pick(['text/html', 'application/xml', '', 'x'.repeat(3000)]),
        },
        body,
      };
    case 8:
      return { status, headers, body: Buffer.concat([body, body]) };
    default:
      return { status, headers, body: mutateBytes(random, body) };
  }
}

/** Never one that a client has to wait for. */
function retryAfter(random: Random): Record<string, string> {
  return random.chance(2)
    ? {}
    : {
        'retry-after': random.pick([
          '0',
          '-1',
          'x',
          '99999999999999',
          'Thu, 01 Jan 1970 00:00:00 GMT',
          '1e9',
          '0.5x',
        ]),
      };
}
