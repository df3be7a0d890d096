// Proxies of a lane: a network that breaks between a worker and a server, and a store that answers wrongly.
import { createServer as createWebServer, Agent, request as webRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A TCP proxy. `cut(ms)` resets all connections and accepts none for that time. `stall(ms)` makes all connections
 * half-open permanently: they stay, and nothing passes. New ones are accepted and never answered for that time.
 */
export async function openGate(address) {
  const [host, port] = address.split(':');
  const open = new Set();
  let shut = false;
  let stalled = false;
  const server = createServer((socket) => {
    if (shut) return void socket.resetAndDestroy();
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    if (stalled) return;
    const onward = connect(Number(port), host);
    open.add(onward);
    onward.on('error', () => socket.destroy()).on('close', () => (open.delete(onward), socket.destroy()));
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    cut: async (ms) => {
      shut = true;
      for (const socket of open) socket.resetAndDestroy();
      await sleep(ms);
      shut = false;
    },
    stall: async (ms) => {
      stalled = true;
      for (const socket of open) socket.unpipe().pause();
      await sleep(ms);
      stalled = false;
    },
    stop: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/**
 * An HTTP proxy in front of a store. `rule(request)` gives an answer instead of the store's, `{status, body, type}`, or
 * undefined; `told(request, status)` sees what the store answered; `delay()` comes before each request.
 */
export async function openStoreGate(endpoint) {
  const { hostname: host, port } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true });
  const open = new Set();
  let stalled = false;
  const gate = { rule: undefined, told: undefined, delay: undefined };
  const server = createWebServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    if (stalled) return;
    await gate.delay?.();
    const refusal = gate.rule?.(request);
    if (refusal !== undefined) {
      const { status, body, type } = refusal;
      const refuse = () =>
        response
          .writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
          .end(request.method === 'HEAD' ? undefined : body);
      return void request.resume().on('end', refuse);
    }
    // The client's wait for it has ended here.
    const headers = { ...request.headers };
    delete headers.expect;
    const { method, url: path, socket } = request;
    const onward = webRequest({ host, port, method, path, headers, agent }, (answer) => {
      if (socket.stalled) return void answer.resume();
      gate.told?.(request, answer.statusCode);
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.on('error', () => response.destroy()).pipe(response);
    });
    onward.on('error', () => socket.stalled || response.destroy());
    request.on('error', () => onward.destroy()).pipe(onward);
    response.on('close', () => response.writableFinished || socket.stalled || onward.destroy());
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(gate, {
    port: server.address().port,
    /** Resets all connections. */
    cut: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
    stall: async (ms) => {
      stalled = true;
      for (const socket of open) {
        socket.stalled = true;
        socket.pause();
      }
      await sleep(ms);
      stalled = false;
    },
    /** No more faults. */
    calm: () => {
      gate.rule = gate.told = gate.delay = undefined;
    },
    stop: () => {
      server.close();
      for (const socket of open) socket.destroy();
      agent.destroy();
    },
  });
}
