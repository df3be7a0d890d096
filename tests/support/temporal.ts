import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Connected,
  acquireDevServer,
  connectClient,
  devHome,
  ensureSearchAttributes,
  findTemporalBinary,
} from '@parquetry/temporal';
import type { DevServer } from '@parquetry/temporal';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';

/** A Temporal server for one test, with the search attributes registered. */
export interface TestServer extends Connected {
  readonly server: DevServer;
  readonly native: NativeConnection;
  stop(): Promise<void>;
}

/** Starts a server in a new folder; undefined if there is no Temporal binary. */
export async function startTestServer(): Promise<TestServer | undefined> {
  const binary = await findTemporalBinary();
  if (binary === undefined) return undefined;
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-temporal-'));
  const server = await acquireDevServer(devHome({ PARQUETRY_HOME: dir }), { binary });
  const connected = await connectClient({ address: server.address, namespace: server.namespace });
  await ensureSearchAttributes(connected.connection, connected.namespace);
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const native = await NativeConnection.connect({ address: server.address });
  return {
    ...connected,
    server,
    native,
    async stop() {
      await native.close();
      await connected.connection.close();
      await server.release();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
