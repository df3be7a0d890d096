import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError, isParquetryError } from '@parquetry/core';
import type { Client, Connection, ConnectionOptions } from '@temporalio/client';
import { type PayloadCodec, payloadCodec } from './codec';
import { grpcCode, GRPC } from './grpc';
import { sdk } from './sdk';
import { tlsFault } from './tlsfault';

/** A connection target. The options are valid for the client's `Connection` and the worker's `NativeConnection`. */
export interface ConnectTarget {
  /** `host:port` */
  readonly address: string;
  readonly namespace: string;
  /** TLS, API key and metadata; secrets, never to be printed. */
  readonly connectionOptions?: ConnectionOptions;
  /** The current API key, if it rotates. */
  readonly apiKey?: () => string;
}

/** An open connection. The caller closes `connection`. */
export interface Connected {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
}

/**
 * Connects and checks that the namespace exists, within `timeoutMs` (default 10 s). A fault of TLS is final: it is
 * reported without waiting.
 * @throws ParquetryError TEMPORAL_UNREACHABLE when the server does not respond or refuses access, CONFIG_INVALID
 *   when the namespace does not exist or the keys of the payload codec are wrong
 */
export async function connectClient(target: ConnectTarget, timeoutMs = 10_000): Promise<Connected> {
  const { address, namespace, apiKey } = target;
  // Lazy, so that it can be closed after a failed first attempt: it would otherwise retry forever.
  const connection = sdk.Connection.lazy({
    ...target.connectionOptions,
    ...(apiKey === undefined ? {} : { apiKey }),
    address,
    connectTimeout: timeoutMs,
  });
  const connected = new AbortController();
  const ask = async (): Promise<void> => {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + timeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  };
  try {
    await Promise.race([ask(), failOnTlsFault(target, Math.min(LOOK_MS, timeoutMs / 2), connected.signal)]);
  } catch (error) {
    await connection.close();
    if (isParquetryError(error)) throw error;
    throw grpcCode(error) === GRPC.NOT_FOUND
      ? noNamespace(address, namespace, error)
      : unreachable(address, timeoutMs, error);
  } finally {
    connected.abort();
  }
  const codec = payloadCodec();
  if (codec.encrypts) openAnswers(connection, codec);
  const client = new sdk.Client({ connection, namespace, dataConverter: { payloadCodecs: [codec] } });
  return { client, connection, namespace };
}

/** Answers of the server that the client does not decode. */
const RAW = ['getWorkflowExecutionHistory', 'describeWorkflowExecution'] as const;

/** Decrypts raw answers where they arrive. */
function openAnswers({ workflowService }: Connection, codec: PayloadCodec): void {
  for (const name of RAW) {
    const ask = workflowService[name].bind(workflowService) as (request: object) => Promise<unknown>;
    const opened = async (request: object): Promise<unknown> => {
      const answer = await ask(request);
      codec.openAll(answer);
      return answer;
    };
    Object.assign(workflowService, { [name]: opened });
  }
}

/** How long a connection may take before TLS is looked at, and how long that may take, milliseconds. */
const LOOK_MS = 1_000;
const PROBE_MS = 5_000;

/** Rejects when TLS is the reason that there is no connection; otherwise it never settles. */
async function failOnTlsFault(
  { address, connectionOptions }: ConnectTarget,
  afterMs: number,
  connected: AbortSignal,
): Promise<never> {
  const waited = await sleep(afterMs, true, { signal: connected, ref: false }).catch(() => false);
  const fault = waited ? await tlsFault(address, connectionOptions?.tls, PROBE_MS) : undefined;
  if (fault === undefined || connected.aborted) return new Promise(() => undefined);
  throw new ParquetryError('TEMPORAL_UNREACHABLE', `Temporal at ${address} ${fault.why}.`, {
    details: { address },
    hint: fault.hint,
  });
}

function noNamespace(address: string, namespace: string, cause: unknown): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `Temporal at ${address} has no namespace "${namespace}".`, {
    cause,
    details: { address, namespace },
    hint: 'Set TEMPORAL_NAMESPACE (or namespace in the profile) to one that exists.',
  });
}

function unreachable(address: string, timeoutMs: number, cause: unknown): ParquetryError {
  const code = grpcCode(cause);
  const refused = code === GRPC.UNAUTHENTICATED || code === GRPC.PERMISSION_DENIED;
  const why = refused ? 'refuses these credentials' : `does not answer within ${timeoutMs / 1000} s`;
  return new ParquetryError('TEMPORAL_UNREACHABLE', `Temporal at ${address} ${why}.`, {
    cause,
    details: { address },
    hint: refused
      ? 'Check TEMPORAL_API_KEY or PARQUETRY_TEMPORAL_API_KEY_FILE, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, and TEMPORAL_NAMESPACE.'
      : 'Check TEMPORAL_ADDRESS (or address in the profile) and TEMPORAL_TLS, or unset TEMPORAL_ADDRESS to use the embedded server.',
  });
}
