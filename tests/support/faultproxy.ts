import { Agent, createServer, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Faults of one request. */
export const FAULTS = [
  'drop-request', // the connection breaks before the server sees the request
  'drop-response', // the server does it, the answer is lost
  'cut-request', // the server sees half of the body
  'cut-response', // the client sees half of the answer
  'delay',
  'hang', // the server does it, no answer ever comes
  'duplicate', // the server sees it twice, the second answer comes back
  'answer-500',
  'answer-503', // with Retry-After: 0
  'answer-429', // with Retry-After: 1
  'answer-412', // for writes only: a refusal without a cause
  'late-500', // the server does it, a proxy on the way says 500
] as const;

/** `expired-token` is not among them: the credentials of a request are refused, and a repetition does not help. */
export type FaultName = (typeof FAULTS)[number] | 'expired-token';

/** The part of a request that a plan can use. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization?: string | undefined;
}

/** Chooses the fault of a request. */
export type Plan = (seen: Seen) => FaultName | undefined;

/** A proxy on loopback that applies the faults of a plan to requests. */
export interface FaultProxy {
  readonly endpoint: string;
  /** How often each fault was applied. */
  readonly done: ReadonlyMap<FaultName, number>;
  plan: Plan;
  stop(): Promise<void>;
}

/** A plan that applies a seeded sequence of faults to a `share` of the requests. */
export function seededPlan(seed: number, share: number, faults: readonly FaultName[] = FAULTS): Plan {
  const next = sequence(seed);
  return ({ method }) => {
    if (next() >= share) return undefined;
    const fault = faults[Math.floor(next() * faults.length)];
    return fault === 'answer-412' && method !== 'PUT' && method !== 'POST' ? 'delay' : fault;
  };
}

/** Pseudo-random numbers from 0 to 1 (mulberry32). */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Starts a proxy in front of `upstream` (`http://127.0.0.1:port`). */
export async function startFaultProxy(upstream: string, plan: Plan): Promise<FaultProxy> {
  const done = new Map<FaultName, number>();
  const agent = new Agent({ keepAlive: false });
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy: FaultProxy = {
    endpoint,
    done,
    plan,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const fault = proxy.plan({ method, url, authorization: headers.authorization });
    if (fault !== undefined) done.set(fault, (done.get(fault) ?? 0) + 1);
    if (fault === 'drop-request') return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const send = (): Promise<Answer> => forward(agent, upstream, { method, url, headers, body });
    switch (fault) {
      case 'answer-500':
        return answerError(response, 500);
      case 'answer-503':
        return answerError(response, 503, '0');
      case 'answer-429':
        return answerError(response, 429, '1');
      case 'answer-412':
        return answerError(response, 412);
      case 'expired-token':
        response.writeHead(400, { 'content-type': 'application/xml' });
        return void response.end('<Error><Code>ExpiredToken</Code></Error>');
      case 'cut-request':
        await cut(agent, upstream, { method, url, headers, body });
        return void request.socket.destroy();
      case 'drop-response':
        await send();
        return void request.socket.destroy();
      case 'hang':
        await send();
        return;
      case 'late-500':
        await send();
        return answerError(response, 500);
      case 'duplicate':
        await send();
        break;
      case 'delay':
        await sleep(200);
        break;
      case 'cut-response':
      case undefined:
        break;
    }
    const answer = await send();
    const location = answer.headers.location?.replace(upstream, endpoint);
    response.writeHead(answer.status, { ...answer.headers, ...(location === undefined ? {} : { location }) });
    if (fault !== 'cut-response') return void response.end(answer.body);
    response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)));
    setTimeout(() => request.socket.destroy(), 20);
  }

  return proxy;
}

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function forward(agent: Agent, upstream: string, { method, url, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onward = httpRequest(upstream + url, { method, agent, headers: plain(headers, body) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    onward.on('error', reject);
    onward.end(body);
  });
}

function cut(agent: Agent, upstream: string, { method, url, headers, body }: Sent): Promise<void> {
  return new Promise((resolve) => {
    const onward = httpRequest(upstream + url, { method, agent, headers: plain(headers, body) });
    onward.on('error', () => resolve());
    onward.on('close', () => resolve());
    onward.write(body.subarray(0, Math.floor(body.length / 2)));
    setTimeout(() => onward.destroy(), 20);
  });
}

/** The body is complete here, so its length is known; the host is kept, because it is signed. */
function plain(headers: IncomingHttpHeaders, body: Buffer): IncomingHttpHeaders {
  const { 'transfer-encoding': chunked, ...rest } = headers;
  return chunked === undefined ? rest : { ...rest, 'content-length': String(body.length) };
}

function answerError(response: ServerResponse, status: number, retryAfter?: string): void {
  response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
  response.end();
}
