import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

const LOCAL = ['localhost', '127.0.0.1', '::1'];

/** Why a request is refused: its status and one sentence. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * Which names a server may be addressed by. A page of another site that points its own name at this machine (DNS
 * rebinding) sends that name, so a server on a loopback address accepts only local names; another one also accepts
 * addresses, this machine's name and the name that it was given.
 */
export function hostRule(bound: string): (request: IncomingMessage) => boolean {
  const own = [...LOCAL, bound, ...(isLoopback(bound) ? [] : [hostname().toLowerCase()])];
  return ({ headers }) => {
    const name = hostOf(headers.host ?? '');
    if (name === undefined) return false;
    return own.includes(name) || (!isLoopback(bound) && isIP(name) !== 0);
  };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** The host in a `Host` header, without its port and brackets. */
function hostOf(header: string): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** Whether a browser sent a request for a page of another origin. Other programs send neither header. */
export function isForeign({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (typeof site === 'string' && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = headers;
  return origin !== undefined && origin !== `http://${host ?? ''}` && origin !== `https://${host ?? ''}`;
}

/**
 * Why an action is refused. It needs the token in a header, which a form or an image of another site can't send, and JSON
 * from the own page: a browser would ask before it sends that to another origin, and this server never agrees.
 */
export function actionFault(request: IncomingMessage, token: string): Refusal | undefined {
  const { headers } = request;
  if (isForeign(request)) return { status: 403, message: 'The request comes from a page of another origin.' };
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    return { status: 415, message: 'An action is sent as application/json.' };
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  // Digests have the same length, so that the time says nothing about the token.
  return timingSafeEqual(digest(given), digest(token))
    ? undefined
    : { status: 401, message: 'The token is wrong: it is the value of PARQUETRY_UI_TOKEN of the worker.' };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
