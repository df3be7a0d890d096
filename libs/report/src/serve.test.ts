import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { request as send } from 'node:http';
import { Feed, type LiveState } from './feed';
import { type LiveServer, type LiveSource, servePage } from './serve';
import { hostRule } from './guard';

jest.mock('./page', () => ({ livePage: () => '<!doctype html><title>page</title>' }));

const TOKEN = 'a-token-of-32-characters-1234567';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

const servers: LiveServer[] = [];
afterAll(() => servers.forEach((server) => server.close()));

/** A server whose actions are recorded. */
async function served(
  options: { readonly actions?: boolean; readonly read?: LiveSource['read']; readonly host?: string } = {},
): Promise<{ readonly port: number; readonly asked: string[]; readonly server: LiveServer }> {
  const asked: string[] = [];
  const state: LiveState = { problem: 'nothing', archives: [], shown: '', actions: false };
  const server = await servePage(`${options.host ?? '127.0.0.1'}:0`, {
    read: options.read ?? (() => Promise.resolve(state)),
    log: () => undefined,
    ...(options.actions === false
      ? {}
      : {
          actions: {
            token: TOKEN,
            run: (action, workflow) => {
              asked.push(`${action} ${workflow}`);
              return Promise.resolve('done');
            },
          },
        }),
  });
  servers.push(server);
  return { port: Number(new URL(server.url).port), asked, server };
}

function ask(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        // Events never end by themselves.
        if (path.startsWith('/events') && text.includes('\n\nevent:') && text.endsWith('\n\n'))
          response.destroy();
      });
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const JSON_ACTION = JSON.stringify({ action: 'retry', workflow: 'backfill-1/p/0' });
const GOOD = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };

describe('the server of the live page', () => {
  it('serves the page to local names only: another name may be one that an attacker pointed here', async () => {
    const { port } = await served();
    for (const host of ['localhost', `localhost:${port}`, `127.0.0.1:${port}`, '[::1]:80', 'LOCALHOST'])
      expect({ host, status: (await ask(port, 'GET', '/', { host })).status }).toEqual({ host, status: 200 });
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      '10.0.0.1',
      'a@localhost',
    ])
      for (const path of ['/', '/events', '/actions'])
        expect({
          host,
          status: (await ask(port, path === '/actions' ? 'POST' : 'GET', path, { ...GOOD, host }, undefined))
            .status,
        }).toEqual({
          host,
          status: 421,
        });
  });

  it('accepts addresses where it is served to other machines, and still no foreign name', async () => {
    const { port } = await served({ host: '0.0.0.0' });
    expect((await ask(port, 'GET', '/', { host: '10.1.2.3:80' })).status).toBe(200);
    expect((await ask(port, 'GET', '/', { host: 'evil.example' })).status).toBe(421);
  });

  it('sends headers that keep other pages out, and no CORS header', async () => {
    const { port } = await served();
    const { headers, body } = await ask(port, 'GET', '/', { origin: 'https://evil.example' });
    expect(body).toContain('<title>page</title>');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await ask(port, 'OPTIONS', '/actions', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    });
    expect(preflight.status).toBe(404);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('runs an action with the token, from the own page or a program', async () => {
    const { port, asked } = await served();
    const own = { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
    for (const headers of [GOOD, { ...GOOD, ...own, host: `127.0.0.1:${port}` }])
      expect(await ask(port, 'POST', '/actions', headers, JSON_ACTION)).toMatchObject({
        status: 200,
        body: '{"ok":true,"message":"done"}\n',
      });
    expect(asked).toEqual(['retry backfill-1/p/0', 'retry backfill-1/p/0']);
  });

  it.each([
    ['no token', { authorization: '' }, 401],
    ['another token', { authorization: 'Bearer a-token-of-32-characters-1234568' }, 401],
    ['a shorter token', { authorization: 'Bearer a' }, 401],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text, which needs no preflight', { 'content-type': 'text/plain' }, 415],
    ['another origin', { origin: 'https://evil.example' }, 403],
    ['a file', { origin: 'null' }, 403],
    ['another site, by the browser', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('refuses an action with %s', async (_name, wrong, status) => {
    const { port, asked } = await served();
    expect((await ask(port, 'POST', '/actions', { ...GOOD, ...wrong }, JSON_ACTION)).status).toBe(status);
    expect(asked).toEqual([]);
  });

  it('refuses what is not an action, and all actions where there are none', async () => {
    const { port, asked } = await served();
    for (const body of [
      '',
      '{',
      'null',
      '{"action":"terminate","workflow":"x"}',
      '{"action":"retry"}',
      `{"action":"retry","workflow":"${'x'.repeat(5000)}"}`,
    ])
      expect((await ask(port, 'POST', '/actions', GOOD, body)).status).toBeGreaterThanOrEqual(400);
    expect((await ask(port, 'GET', '/actions', GOOD)).status).toBe(404);
    const without = await served({ actions: false });
    expect((await ask(without.port, 'POST', '/actions', GOOD, JSON_ACTION)).status).toBe(403);
    expect([...asked, ...without.asked]).toEqual([]);
  });

  it('answers strange addresses instead of ending', async () => {
    const { port } = await served();
    for (const path of ['//', '/%', '/../../etc/passwd', '/events/..', '/?a=%E0%A4%A'])
      expect((await ask(port, 'GET', path)).status).toBeGreaterThanOrEqual(200);
    expect((await ask(port, 'GET', '/')).status).toBe(200);
  });

  it('accepts the loopback address that it is bound to', () => {
    const asked = (host: string): never => ({ headers: { host } }) as never;
    expect(hostRule('127.0.0.2')(asked('127.0.0.2:8234'))).toBe(true);
    expect(hostRule('127.0.0.2')(asked('127.0.0.3:8234'))).toBe(false);
  });

  it('cuts off a page that does not read', async () => {
    const written: string[] = [];
    const page = Object.assign(new EventEmitter(), {
      writableLength: 0,
      write: (text: string) => written.push(text),
      destroy: () => page.emit('close'),
    });
    const feed = new Feed(
      () => Promise.resolve({ archives: [], shown: String(written.length), actions: false }),
      () => undefined,
    );
    feed.add(page as never);
    while (written.length === 0) await sleep(5);
    expect(feed.size).toBe(1);
    page.writableLength = 9e6;
    while (feed.size > 0) await sleep(50);
    expect(written).toHaveLength(1);
  }, 10_000);

  it('sends the state as events, and says why when it can’t be read', async () => {
    const wanted: string[] = [];
    const { port } = await served({
      read: (archive) => {
        wanted.push(archive);
        return archive === '/c'
          ? Promise.reject(new Error('secret'))
          : Promise.resolve({ problem: `<b>${archive}`, archives: ['/a'], shown: '', actions: true });
      },
    });
    const first = await ask(port, 'GET', '/events?archive=%2Fb');
    expect(first.headers['content-type']).toBe('text/event-stream');
    expect(first.body).toContain('event: report\ndata: {"problem":"<b>/b"');
    const failed = await ask(port, 'GET', '/events?archive=/c');
    expect(failed.body).toContain('could not be read');
    expect(failed.body).not.toContain('secret');
    await ask(port, 'GET', '/events');
    expect(wanted.slice(0, 3)).toEqual(['/b', '/c', '']);
    expect((await ask(port, 'GET', '/events', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('reads nothing without a page', async () => {
    let reads = 0;
    const { port, server } = await served({
      read: () => {
        reads += 1;
        return Promise.resolve({ archives: [], shown: '', actions: false });
      },
    });
    await ask(port, 'GET', '/');
    expect(reads).toBe(0);
    await ask(port, 'GET', '/events');
    const after = reads;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(reads).toBe(after);
    server.close();
  });

  it('names an address that can’t be used', async () => {
    const { port } = await served();
    await expect(
      servePage(`127.0.0.1:${port}`, { read: () => Promise.reject(new Error('x')), log: () => undefined }),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
