import { once } from 'node:events';
import { type Socket, connect as plainConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { systemErrorCode } from '@parquetry/core';
import type { ConnectionOptions } from '@temporalio/client';

/** Why TLS fails, and what to set. */
export interface TlsFault {
  readonly why: string;
  readonly hint: string;
}

/** The first bytes of an HTTP/2 client, with empty settings: a server answers them with its settings. */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

const CLIENT = {
  why: 'refuses the client certificate',
  hint: 'Set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH to a pair that the server knows.',
};

const CLOSED = {
  why: 'closes the connection in the TLS handshake',
  hint: 'Set TEMPORAL_TLS=false for a server without TLS; else check TEMPORAL_TLS_SERVER_NAME and TEMPORAL_TLS_CLIENT_CERT_PATH.',
};

/** By Node's error code; the first that matches. */
const FAULTS: readonly (readonly [RegExp, TlsFault])[] = [
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    {
      why: 'has a certificate that has expired or is not valid yet',
      hint: 'Renew the certificate of the server, or set the clock of this machine.',
    },
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    {
      why: 'has a certificate for another name',
      hint: 'Correct TEMPORAL_ADDRESS, or set TEMPORAL_TLS_SERVER_NAME to the name in the certificate.',
    },
  ],
  [
    /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|INVALID_CA|INVALID_PURPOSE)/,
    {
      why: 'has a certificate that is not trusted',
      hint: 'Set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the certificate of its authority.',
    },
  ],
  [/ALERT/, CLIENT],
  [
    /^(EPROTO|ERR_SSL_)/,
    {
      why: 'does not speak TLS',
      hint: 'Set TEMPORAL_TLS=false for a server without TLS, or correct TEMPORAL_ADDRESS.',
    },
  ],
];

/**
 * Finds out why a server that listens does not answer: the gRPC library retries failed handshakes and does not say.
 * Undefined when TLS is not the reason.
 */
export async function tlsFault(
  address: string,
  tls: ConnectionOptions['tls'],
  timeoutMs: number,
): Promise<TlsFault | undefined> {
  const colon = address.lastIndexOf(':');
  const target = {
    host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
  };
  if (tls === undefined || tls === null || tls === false) {
    const first = await answer(plainConnect(target), 'connect', timeoutMs);
    // An alert of TLS.
    if (!Buffer.isBuffer(first) || first[0] !== 0x15) return undefined;
    return { why: 'expects TLS', hint: 'Set TEMPORAL_TLS=true.' };
  }
  const { serverRootCACertificate: ca, clientCertPair: pair, serverNameOverride } = tls === true ? {} : tls;
  const servername = serverNameOverride ?? (/^[\d.:]+$/.test(target.host) ? undefined : target.host);
  const socket = tlsConnect({
    ...target,
    ALPNProtocols: ['h2'],
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(pair === undefined ? {} : { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) }),
    ...(servername === undefined ? {} : { servername }),
  });
  const end = await answer(socket, 'secureConnect', timeoutMs);
  if (Buffer.isBuffer(end) || end === undefined) return undefined;
  const code = end === 'closed' ? end : (systemErrorCode(end.error) ?? '');
  // With TLS 1.3 a server judges the certificate of a client after the handshake; some only close the connection.
  if (socket.authorized && (code === 'closed' || code === 'ECONNRESET')) return CLIENT;
  return code === 'closed' || code === 'ECONNRESET'
    ? CLOSED
    : FAULTS.find(([pattern]) => pattern.test(code))?.[1];
}

/** The server's first bytes, an error, `closed`, or undefined after the time. */
async function answer(
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  timeoutMs: number,
): Promise<Buffer | 'closed' | { readonly error: unknown } | undefined> {
  socket.once(ready, () => socket.write(PREFACE));
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await Promise.race([
      once(socket, 'data', { signal }).then(([bytes]) => bytes as Buffer),
      once(socket, 'close', { signal }).then(() => 'closed' as const),
    ]);
  } catch (error) {
    return signal.aborted ? undefined : { error };
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
