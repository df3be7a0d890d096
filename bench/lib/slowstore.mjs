// An HTTP proxy on loopback that makes a storage server as slow as one in another data centre.
import { Agent, createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Starts one before `endpoint`; each answer comes `delayMs` later. `requests()` counts them by method. */
export async function startSlowStore(endpoint, delayMs) {
  const target = new URL(endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const counts = {};
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    counts[method] = (counts[method] ?? 0) + 1;
    const { hostname, port } = target;
    // The host is part of what the client signed, so it stays.
    const sent = request({ hostname, port, method, path: url, headers, agent }, async (answer) => {
      await sleep(delayMs);
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    sent.on('error', () => outgoing.destroy());
    incoming.pipe(sent);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    requests: () => ({ ...counts }),
    stop() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}
