import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { type Watched, serveHealth } from './health';

/** A session with these states of its worker, whose server answers or not. */
function session(states: readonly string[], answers: () => Promise<unknown>, asked = { count: 0 }): Watched {
  const connection = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    workflowService: { getSystemInfo: () => ((asked.count += 1), answers()) },
  };
  return { connection, worker: { states: () => states } } as unknown as Watched;
}

const fine = (): Promise<unknown> => Promise.resolve({});
const away = (): Promise<unknown> => Promise.reject(new Error('UNAVAILABLE'));

describe('the health of a worker', () => {
  let watched: Watched | undefined;
  let server: Server;
  const get = async (path: string): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return [response.status, response.status === 404 ? undefined : await response.json()];
  };
  beforeEach(async () => {
    watched = undefined;
    server = await serveHealth('127.0.0.1:0', () => watched);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each<[string, Watched | undefined, number, number]>([
    ['starts', undefined, 200, 503],
    ['runs', session(['RUNNING', 'RUNNING'], fine), 200, 200],
    ['can not reach Temporal', session(['RUNNING', 'RUNNING'], away), 200, 503],
    ['drains', session(['DRAINING', 'RUNNING'], fine), 200, 503],
    ['failed', session(['RUNNING', 'FAILED'], fine), 503, 503],
    ['stopped', session(['STOPPED', 'STOPPED'], fine), 503, 503],
  ])('that %s', async (_what, given, healthz, readyz) => {
    watched = given;
    expect((await get('/healthz'))[0]).toBe(healthz);
    expect((await get('/readyz'))[0]).toBe(readyz);
  });

  it('says why, has nothing else, and does not ask Temporal for each request', async () => {
    const asked = { count: 0 };
    watched = session(['RUNNING'], away, asked);
    for (let index = 0; index < 5; index++)
      expect(await get('/readyz')).toEqual([503, { ok: false, states: ['RUNNING'], temporal: false }]);
    expect(asked.count).toBe(1);
    expect((await get('/metrics'))[0]).toBe(404);
  });

  it('is refused at an address in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(serveHealth(`127.0.0.1:${port}`, () => undefined)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    other.close();
  });
});
