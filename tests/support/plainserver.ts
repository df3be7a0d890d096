import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connected, connectClient, findTemporalBinary } from '@parquetry/temporal';

const NAMESPACE = 'default';

/** A Temporal server that is not prepared for Parquetry: no search attributes, no worker. */
export interface PlainServer extends Connected {
  readonly address: string;
  /** Environment of commands that use it as their cluster. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** Starts one in memory; undefined if there is no Temporal binary. */
export async function startPlainServer(): Promise<PlainServer | undefined> {
  const binary = await findTemporalBinary();
  if (binary === undefined) return undefined;
  const port = await freePort();
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  const server = spawn(binary, [...args, '--log-level', 'never'], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const address = `127.0.0.1:${port}`;
  for (;;)
    try {
      const connected = await connectClient({ address, namespace: NAMESPACE }, 2000);
      return {
        ...connected,
        address,
        env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: NAMESPACE },
        async stop() {
          await connected.connection.close();
          server.kill('SIGTERM');
          await ended;
        },
      };
    } catch (error) {
      if (server.exitCode !== null) throw error;
      await sleep(100);
    }
}

/** A free port of the loopback address. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address === null || typeof address === 'string' ? reject() : resolve(address.port)));
    });
  });
}
