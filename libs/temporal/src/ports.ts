import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DevPorts } from './home';

const LOOPBACK = '127.0.0.1';

/** Two free ports on the loopback address, preferably those of `wanted`. */
export async function freePorts(wanted: DevPorts | undefined): Promise<DevPorts> {
  const port = await freePort(wanted?.port, 0);
  return { port, uiPort: await freePort(wanted?.uiPort, port) };
}

/** True when something accepts connections at the port. */
export function answers(port: number, withinMs = 2_000): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: LOOPBACK, port, timeout: withinMs });
    const end = (result: boolean) => (): void => {
      socket.destroy();
      done(result);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

async function freePort(wanted: number | undefined, taken: number): Promise<number> {
  // The port of a killed server is free only after its last thread has exited.
  for (let attempt = 0; wanted !== undefined && wanted !== taken && attempt < 20; attempt += 1) {
    if ((await bind(wanted)) !== undefined) return wanted;
    await sleep(50);
  }
  for (;;) {
    const port = await bind(0);
    if (port !== undefined && port !== taken) return port;
  }
}

/** Binds the port briefly; undefined when it is in use. Port 0 lets the system choose. */
function bind(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(undefined));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => done(bound));
    });
  });
}
