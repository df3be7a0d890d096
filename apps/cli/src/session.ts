import path from 'node:path';
import type { Client, Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import {
  type TemporalConfig,
  acquireDevServer,
  connectClient,
  devHome,
  ensureSearchAttributes,
  loadTemporalConfig,
  payloadCodec,
  readDevServer,
  sdk,
  workflowUrl,
} from '@parquetry/temporal';
import { ParquetryError } from '@parquetry/core';
import type { Tracing } from '@parquetry/telemetry';
import { closeAll } from './closeall';
import { ownPackage } from './ownpackage';
import type { RunningWorker } from '@parquetry/worker';
import { type WorkerSettings, workerSettings } from './workeroptions';
import type { Output } from './output';

/** A connection to Temporal: the configured cluster, or the embedded server of this folder. */
export interface Session {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly address: string;
  /** Address of the Web UI, if known. */
  readonly uiUrl: string | undefined;
  readonly embedded: boolean;
  /** The worker in this process, if it needs one. */
  readonly worker: RunningWorker | undefined;
  /** Exports traces, if the environment asks for them. */
  readonly tracing: Tracing | undefined;
  /** Stops the worker, closes the connections and releases the embedded server. A failure is a note. */
  close(): Promise<void>;
}

/** URL of a workflow's page in the Web UI, if known. */
export function workflowLink({ uiUrl, namespace }: Session, workflowId: string): string | undefined {
  return uiUrl === undefined ? undefined : workflowUrl(uiUrl, namespace, workflowId);
}

/** Whether an error means that the workflow does not exist. */
export function isNoWorkflow(error: unknown): boolean {
  return error instanceof sdk.WorkflowNotFoundError;
}

/** Whether `parquetry dev` runs the embedded server of this folder and a worker. */
export async function hasKeeper(): Promise<boolean> {
  const users = (await readDevServer(devHome()))?.users ?? [];
  return users.some(({ foreground }) => foreground);
}

/** Checks that a server keeps running after this command, for a detached run. @throws ParquetryError USAGE */
export async function assertDetachable(): Promise<void> {
  if (loadTemporalConfig().configured || (await hasKeeper())) return;
  throw new ParquetryError(
    'USAGE',
    '--detach needs a Temporal server that keeps running after this command.',
    {
      hint: 'Run `parquetry dev` in this folder in another terminal, or set TEMPORAL_ADDRESS.',
    },
  );
}

/** Time that a worker gives Temporal to answer: containers and machines start in any order. */
const WORKER_PATIENCE_MS = 60_000;

/** Options of a session. */
export interface SessionOptions {
  readonly output: Pick<Output, 'note' | 'warn'>;
  /** `always`: run a worker. `embedded`: run one only on the embedded server, if it has no other. */
  readonly worker: 'always' | 'embedded' | 'never';
  /** Limits of the worker in this process, if not the defaults. */
  readonly settings?: WorkerSettings;
  /** `parquetry dev`: keep the embedded server running for other commands. */
  readonly foreground?: boolean;
}

/**
 * Connects to the server that the environment configures (`TEMPORAL_ADDRESS` and other variables of the `temporal` CLI);
 * without configuration, starts or joins the embedded server of `.parquetry/`.
 * @throws ParquetryError TEMPORAL_UNREACHABLE, TEMPORAL_UNAVAILABLE, CONFIG_INVALID
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const config = loadTemporalConfig();
  const { openTracing } = require('@parquetry/telemetry') as typeof import('@parquetry/telemetry');
  const tracing = openTracing(ownPackage.version, (line) => options.output.warn(line));
  const traced = { ...options, tracing };
  return config.configured ? openConfigured(config, traced) : openEmbedded(traced);
}

/** Options with the export of traces that the session closes. */
interface TracedOptions extends SessionOptions {
  readonly tracing: Tracing | undefined;
}

async function openConfigured(config: TemporalConfig, options: TracedOptions): Promise<Session> {
  const address = config.address ?? '';
  const patience = options.worker === 'always' ? WORKER_PATIENCE_MS : undefined;
  const { client, connection } = await connectClient({ ...config, address }, patience);
  const uiUrl = process.env['TEMPORAL_UI_URL'];
  const base = { client, connection, namespace: config.namespace, address, uiUrl, embedded: false };
  return withWorker(base, config, options, options.worker === 'always', async () => undefined);
}

async function openEmbedded(options: TracedOptions): Promise<Session> {
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
    return await withWorker(base, { connectionOptions: {} }, options, worker, () => server.release());
  } catch (error) {
    await server.release();
    throw error;
  }
}

async function withWorker(
  base: Omit<Session, 'worker' | 'tracing' | 'close'>,
  { connectionOptions, apiKey }: Pick<TemporalConfig, 'connectionOptions' | 'apiKey'>,
  options: TracedOptions,
  wanted: boolean,
  release: () => Promise<void>,
): Promise<Session> {
  const { connection } = base;
  let native: NativeConnection | undefined;
  let worker: RunningWorker | undefined;
  const { tracing } = options;
  const close = (): Promise<void> =>
    closeAll(
      [
        () => worker?.shutdown(),
        () => native?.close(),
        () => connection.close(),
        () => tracing?.close(),
        release,
      ],
      (line) => options.output.note(line),
    );
  if (!wanted) return { ...base, worker: undefined, tracing, close };
  try {
    // Loaded on demand: a command that uses the worker of another process does not need these libraries.
    const { connectNative } = require('./nativeconnection') as typeof import('./nativeconnection');
    const { startWorker } = require('@parquetry/worker') as typeof import('@parquetry/worker');
    await ensureSearchAttributes(connection, base.namespace);
    native = await connectNative({ ...connectionOptions, address: base.address }, { ...options, apiKey });
    worker = await startWorker({
      connection: native,
      client: base.client,
      namespace: base.namespace,
      codec: payloadCodec(),
      workRoot: path.join(devHome().root, 'work'),
      ...(options.settings ?? workerSettings({})),
      ...(tracing === undefined ? {} : { tracing }),
      metrics: options.settings?.metrics !== undefined,
      release: ownPackage.version,
    });
    return { ...base, worker, tracing, close };
  } catch (error) {
    await close();
    throw error;
  }
}
