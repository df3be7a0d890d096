import { ParquetryError } from '@parquetry/core';
import type { Client, Connection, ConnectionOptions } from '@temporalio/client';
import { grpcCode, GRPC } from './grpc';
import { sdk } from './sdk';

/** A connection target. The options are valid for the client's `Connection` and the worker's `NativeConnection`. */
export interface ConnectTarget {
  /** `host:port` */
  readonly address: string;
  readonly namespace: string;
  /** TLS, API key and metadata; secrets, never to be printed. */
  readonly connectionOptions?: ConnectionOptions;
}

/** An open connection. The caller closes `connection`. */
export interface Connected {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
}

/**
 * Connects and checks that the namespace exists, within `timeoutMs` (default 10 s).
 * @throws ParquetryError TEMPORAL_UNREACHABLE when the server does not respond or refuses access, CONFIG_INVALID
 *   when the namespace does not exist
 */
export async function connectClient(target: ConnectTarget, timeoutMs = 10_000): Promise<Connected> {
  const { address, namespace } = target;
  // Lazy, so that it can be closed after a failed first attempt: it would otherwise retry forever.
  const connection = sdk.Connection.lazy({
    ...target.connectionOptions,
    address,
    connectTimeout: timeoutMs,
  });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + timeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    await connection.close();
    throw grpcCode(error) === GRPC.NOT_FOUND
      ? noNamespace(address, namespace, error)
      : unreachable(address, timeoutMs, error);
  }
  return { client: new sdk.Client({ connection, namespace }), connection, namespace };
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
      ? 'Check TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, and TEMPORAL_NAMESPACE.'
      : 'Check TEMPORAL_ADDRESS (or address in the profile) and TEMPORAL_TLS, or unset TEMPORAL_ADDRESS to use the embedded server.',
  });
}
