import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { ParquetryError } from '@parquetry/core';
import type { Session } from './session';

/** Time limit of a request to Temporal, and how long its answer counts, milliseconds. */
const ASK_MS = 3_000;
const FRESH_MS = 5_000;

/** States in which a worker can't recover by itself. */
const DEAD = ['FAILED', 'STOPPED'];

/** The parts of a session that health depends on. */
export type Watched = Pick<Session, 'connection' | 'worker'>;

/**
 * Serves `/healthz` and `/readyz` of a worker at `host:port`. `session` is undefined while the worker starts.
 * @throws ParquetryError CONFIG_INVALID when the address can't be used
 */
export async function serveHealth(address: string, session: () => Watched | undefined): Promise<Server> {
  const reachable = temporalProbe();
  const server = createServer((request, response) => {
    const answer = async (): Promise<{ ok: boolean } & Record<string, unknown>> => {
      const states = session()?.worker?.states() ?? [];
      if (request.url === '/healthz') return { ok: !states.some((state) => DEAD.includes(state)), states };
      const temporal = await reachable(session());
      return {
        ok: temporal && states.length > 0 && states.every((state) => state === 'RUNNING'),
        states,
        temporal,
      };
    };
    if (request.url !== '/healthz' && request.url !== '/readyz') {
      response.writeHead(404).end();
      return;
    }
    void answer().then((body) =>
      response
        .writeHead(body.ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(`${JSON.stringify(body)}\n`),
    );
  });
  const colon = address.lastIndexOf(':');
  server.listen(Number(address.slice(colon + 1)), address.slice(0, colon).replace(/^\[|\]$/g, ''));
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new ParquetryError('CONFIG_INVALID', `Health can't be served at ${address}.`, {
      cause,
      hint: '--health needs an address of this machine and a free port.',
    });
  }
  // A probe that is connected does not keep a worker from ending.
  server.unref();
  return server;
}

/** Whether Temporal answers; asks at most once in `FRESH_MS`, however often it is called. */
function temporalProbe(): (session: Watched | undefined) => Promise<boolean> {
  let asked = -Infinity;
  let answer: Promise<boolean> = Promise.resolve(false);
  return (session) => {
    if (session === undefined) return Promise.resolve(false);
    if (Date.now() - asked > FRESH_MS) {
      asked = Date.now();
      const { connection } = session;
      answer = connection
        .withDeadline(Date.now() + ASK_MS, () => connection.workflowService.getSystemInfo({}))
        .then(
          () => true,
          () => false,
        );
    }
    return answer;
  };
}
