import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  connect,
  constants,
  createSecureServer,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates';

/** A TLS server in front of a gRPC server, as Temporal's frontend with mTLS and API keys. */
export interface GrpcProxy {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** The API key that it accepts; undefined for any request. */
  key: string | undefined;
  /** Values of `authorization` that it saw. */
  readonly seen: Set<string>;
  close(): Promise<void>;
}

/** Starts one. `clients`: the authority of client certificates, which are then required. */
export async function startGrpcProxy(
  target: string,
  { cert, key }: Certificate,
  clients?: Certificate,
): Promise<GrpcProxy> {
  let upstream: ClientHttp2Session | undefined;
  /** The server ends connections that are idle or old. */
  const session = (): ClientHttp2Session => {
    if (upstream === undefined || upstream.closed || upstream.destroyed)
      upstream = connect(`http://${target}`).on('error', () => undefined);
    return upstream;
  };
  const sessions = new Set<ServerHttp2Session>();
  const server: Http2SecureServer = createSecureServer({
    ...{ cert, key },
    ...(clients === undefined ? {} : { ca: clients.cert, requestCert: true, rejectUnauthorized: true }),
  });
  server.on('session', (opened) => {
    sessions.add(opened);
    opened.on('error', () => undefined).on('close', () => sessions.delete(opened));
  });
  server.on('sessionError', () => undefined).on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: GrpcProxy = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: undefined,
    seen: new Set(),
    close: async () => {
      for (const opened of sessions) opened.destroy();
      upstream?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const given = headers.authorization ?? '';
    proxy.seen.add(given);
    if (proxy.key !== undefined && given !== `Bearer ${proxy.key}`) return refuse(stream);
    forward(stream, session().request({ ...headers, ':authority': target }));
  });
  return proxy;
}

function refuse(stream: ServerHttp2Stream): void {
  const answer = {
    ':status': 200,
    'content-type': 'application/grpc',
    'grpc-status': '16',
    'grpc-message': 'no',
  };
  stream.respond(answer, { endStream: true });
}

function forward(stream: ServerHttp2Stream, request: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders = {};
  request.on('error', () => stream.destroy());
  stream.on('close', () => request.destroy());
  stream.pipe(request);
  request.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
  request.on('response', (headers, flags) => {
    if (stream.destroyed) return;
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
      return stream.respond({ ...headers }, { endStream: true });
    stream.respond({ ...headers }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
    request.pipe(stream);
  });
}
