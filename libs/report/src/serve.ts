import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ParquetryError, isParquetryError } from '@parquetry/core';
import { Feed, type LiveState } from './feed';
import { actionFault, hostRule, isForeign, type Refusal } from './guard';
import { livePage } from './page';

/** Pages that follow at the same time, and bytes of an action. */
const MAX_PAGES = 32;
const MAX_BODY = 4_096;

/** The actions of a live page. */
const ACTIONS = ['retry', 'pause', 'resume'] as const;

/** An action of a live page. */
export type Action = (typeof ACTIONS)[number];

/** What a live page shows and does. */
export interface LiveSource {
  /** The state of one of the archives by its URI; of the first one for another text. */
  readonly read: (archive: string) => Promise<LiveState>;
  /** Receives one line about an action, and about a reading that failed. */
  readonly log: (line: string) => void;
  /** Absent: the page can't act. `run` returns one sentence for the person. */
  readonly actions?: {
    readonly token: string;
    readonly run: (action: Action, workflow: string) => Promise<string>;
  };
}

/** A running server of the live page. */
export interface LiveServer {
  readonly url: string;
  close(): void;
}

/**
 * Serves the live page at `host:port`; port 0 is a free one.
 * @throws ParquetryError CONFIG_INVALID when the address can't be used
 */
export async function servePage(address: string, source: LiveSource): Promise<LiveServer> {
  const colon = address.lastIndexOf(':');
  const host = address
    .slice(0, colon)
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  const accepts = hostRule(host);
  const feeds = new Map<string, Feed>();
  const page = livePage();
  const server = createServer((request, response) => {
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    if (!accepts(request)) {
      refuse(response, { status: 421, message: 'This server does not serve the host of this request.' });
      return;
    }
    const [pathname = '/', query] = (request.url ?? '/').split('?', 2);
    const route = `${request.method ?? ''} ${pathname}`;
    if (route === 'GET /') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    else if (route === 'GET /events')
      follow(request, response, feeds, source, new URLSearchParams(query).get('archive') ?? '');
    else if (route === 'POST /actions') void act(request, response, source);
    else refuse(response, { status: 404, message: 'There is nothing at this address.' });
  });
  server.requestTimeout = 30_000;
  server.listen(Number(address.slice(colon + 1)), host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new ParquetryError('CONFIG_INVALID', `The page can't be served at ${address}.`, {
      cause,
      hint: '--ui needs an address of this machine and a free port.',
    });
  }
  // Open pages do not keep a worker from ending.
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    close: () => {
      for (const feed of feeds.values()) feed.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Of every response. There are no CORS headers: pages of other origins can read nothing. */
const HEADERS: readonly (readonly [string, string])[] = [
  ['cache-control', 'no-store'],
  ['content-security-policy', "frame-ancestors 'none'"],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
];

function follow(
  request: IncomingMessage,
  response: ServerResponse,
  feeds: Map<string, Feed>,
  source: LiveSource,
  wanted: string,
): void {
  const open = [...feeds.values()].reduce((sum, { size }) => sum + size, 0);
  if (isForeign(request))
    return refuse(response, { status: 403, message: 'The request comes from a page of another origin.' });
  if (open >= MAX_PAGES)
    return refuse(response, { status: 503, message: `${MAX_PAGES} pages are open already.` });
  for (const [archive, { size }] of feeds) if (size === 0) feeds.delete(archive);
  const feed = feeds.get(wanted) ?? new Feed(() => source.read(wanted), source.log);
  feeds.set(wanted, feed);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  response.write('retry: 3000\n\n');
  feed.add(response);
}

async function act(
  request: IncomingMessage,
  response: ServerResponse,
  { actions, log }: LiveSource,
): Promise<void> {
  const fault =
    actions === undefined
      ? { status: 403, message: 'This page can’t act: the worker was started without --ui-actions.' }
      : actionFault(request, actions.token);
  if (fault !== undefined || actions === undefined)
    return refuse(response, fault ?? { status: 403, message: '' });
  try {
    const asked = await requestOf(request);
    if (asked === undefined)
      return refuse(response, {
        status: 400,
        message: `An action is one of ${ACTIONS.join(', ')}, with a workflow.`,
      });
    log(`The page asks for ${asked.action} of ${JSON.stringify(asked.workflow)}.`);
    answer(response, 200, await actions.run(asked.action, asked.workflow));
  } catch (error) {
    log(`The action failed: ${String(error)}`);
    const message = isParquetryError(error) ? error.message : 'The action failed; the worker’s log says why.';
    answer(response, isParquetryError(error) && error.exitCode === 2 ? 400 : 502, message);
  }
}

async function requestOf(
  request: IncomingMessage,
): Promise<{ action: Action; workflow: string } | undefined> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk as string;
    if (body.length > MAX_BODY) return undefined;
  }
  try {
    const { action, workflow } = JSON.parse(body) as { action?: unknown; workflow?: unknown };
    const known = ACTIONS.find((one) => one === action);
    if (known === undefined || typeof workflow !== 'string' || workflow === '') return undefined;
    return { action: known, workflow };
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, { status, message }: Refusal): void {
  answer(response, status, message);
}

function answer(response: ServerResponse, status: number, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(`${JSON.stringify({ ok: status === 200, message })}\n`);
}
