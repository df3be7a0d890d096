import path from 'node:path';
import { type Client, type Connection, WorkflowNotFoundError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import {
  type TemporalConfig,
  acquireDevServer,
  connectClient,
  devHome,
  ensureSearchAttributes,
  loadTemporalConfig,
  readDevServer,
  workflowUrl,
} from '@parquetry/temporal';
import { ParquetryError } from '@parquetry/core';
import type { RunningWorker } from '@parquetry/worker';
import { type WorkerSettings, workerSettings } from './workeroptions';
import type { Output } from './output';

/** A connection to Temporal: the configured cluster, or the embedded server of this folder. */
export interface Session {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly address: string;
  /** Address of the Web UI where it is known. */
  readonly uiUrl: string | undefined;
  readonly embedded: boolean;
  /** The worker in this process, if one was asked for and none is there already. */
  readonly worker: RunningWorker | undefined;
  /** Stops the worker, closes the connections, leaves the embedded server. */
  close(): Promise<void>;
}

/** Address of a workflow's page in the Web UI, where that is known. */
export function workflowLink({ uiUrl, namespace }: Session, workflowId: string): string | undefined {
  return uiUrl === undefined ? undefined : workflowUrl(uiUrl, namespace, workflowId);
}

/** True when an error says that there is no such workflow. */
export function isNoWorkflow(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}

/** True when `parquetry dev` keeps the embedded server of this folder and a worker up. */
export async function hasKeeper(): Promise<boolean> {
  const users = (await readDevServer(devHome()))?.users ?? [];
  return users.some(({ foreground }) => foreground);
}

/** A detached run needs a server that outlives this command. @throws ParquetryError USAGE */
export async function assertDetachable(): Promise<void> {
  if (loadTemporalConfig().configured || (await hasKeeper())) return;
  throw new ParquetryError('USAGE', '--detach needs a Temporal server that outlives this command.', {
    hint: 'Run `parquetry dev` in this folder in another terminal, or set TEMPORAL_ADDRESS.',
  });
}

/** What a command needs of its session. */
export interface SessionOptions {
  readonly output: Output;
  /** `always`: this process is a worker. `embedded`: only on the embedded server, where there may be no other. */
  readonly worker: 'always' | 'embedded' | 'never';
  /** Limits of the worker in this process; the defaults where absent. */
  readonly settings?: WorkerSettings;
  /** `parquetry dev`: keeps the embedded server up for others. */
  readonly foreground?: boolean;
}

/**
 * Connects as the environment says (`TEMPORAL_ADDRESS` and the other names of the `temporal` CLI); with nothing
 * configured the embedded server of `.parquetry/` is started or joined.
 * @throws ParquetryError TEMPORAL_UNREACHABLE, TEMPORAL_UNAVAILABLE, CONFIG_INVALID
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const config = loadTemporalConfig();
  return config.configured ? openConfigured(config, options) : openEmbedded(options);
}

async function openConfigured(config: TemporalConfig, options: SessionOptions): Promise<Session> {
  const address = config.address ?? '';
  const { client, connection } = await connectClient({ ...config, address });
  const uiUrl = process.env['TEMPORAL_UI_URL'];
  const base = { client, connection, namespace: config.namespace, address, uiUrl, embedded: false };
  return withWorker(
    base,
    config.connectionOptions,
    options,
    options.worker === 'always',
    async () => undefined,
  );
}

async function openEmbedded(options: SessionOptions): Promise<Session> {
  const hasWorker = await hasKeeper();
  const server = await acquireDevServer(devHome(), {
    onProgress: (line) => options.output.note(line),
    foreground: options.foreground ?? false,
  });
  try {
    const { client, connection, namespace } = server;
    const base = {
      client,
      connection,
      namespace,
      address: server.address,
      uiUrl: server.uiUrl,
      embedded: true,
    };
    const worker = options.worker === 'always' || (options.worker === 'embedded' && !hasWorker);
    return await withWorker(base, {}, options, worker, () => server.release());
  } catch (error) {
    await server.release();
    throw error;
  }
}

async function withWorker(
  base: Omit<Session, 'worker' | 'close'>,
  connectionOptions: object,
  options: SessionOptions,
  wanted: boolean,
  release: () => Promise<void>,
): Promise<Session> {
  const { connection } = base;
  let native: NativeConnection | undefined;
  let worker: RunningWorker | undefined;
  const close = async (): Promise<void> => {
    try {
      await worker?.shutdown();
      await native?.close();
      await connection.close();
    } finally {
      await release();
    }
  };
  if (!wanted) return { ...base, worker: undefined, close };
  try {
    // Loaded here: a command that uses the worker of another process must not pay for this one's libraries.
    const { connectNative } = require('./nativeconnection') as typeof import('./nativeconnection');
    const { startWorker } = require('@parquetry/worker') as typeof import('@parquetry/worker');
    await ensureSearchAttributes(connection, base.namespace);
    native = await connectNative({ ...connectionOptions, address: base.address }, options);
    worker = await startWorker({
      connection: native,
      client: base.client,
      namespace: base.namespace,
      workRoot: path.join(devHome().root, 'work'),
      ...(options.settings ?? workerSettings({})),
    });
    return { ...base, worker, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
