import { isParquetryError } from '@parquetry/core';
import { connectClient, devHome, loadTemporalConfig, readDevServer } from '@parquetry/temporal';
import type { Session } from '../session';

/** Time limit of the connection. */
const CONNECT_MS = 5_000;

/** The parts of a session that a report uses. */
export type TemporalView = Pick<Session, 'client' | 'namespace' | 'address' | 'uiUrl'>;

/**
 * Connects to the Temporal server that is configured, or to the embedded one of this folder while it runs. Starts
 * nothing. `unavailable` is one sentence that says why there is no server.
 */
export async function joinTemporal(): Promise<
  { readonly view: TemporalView; close(): Promise<void> } | { readonly unavailable: string }
> {
  const config = loadTemporalConfig();
  const embedded = config.configured ? undefined : await readDevServer(devHome());
  if (!config.configured && embedded === undefined)
    return {
      unavailable:
        'No Temporal server is configured, and the embedded server of this folder does not run: start `parquetry dev`, or set TEMPORAL_ADDRESS.',
    };
  const address = embedded?.address ?? config.address ?? '';
  const target = embedded === undefined ? { ...config, address } : { address, namespace: embedded.namespace };
  try {
    const { client, connection, namespace } = await connectClient(target, CONNECT_MS);
    const uiUrl = embedded?.uiUrl ?? process.env['TEMPORAL_UI_URL'];
    return { view: { client, namespace, address, uiUrl }, close: () => connection.close() };
  } catch (error) {
    if (!isParquetryError(error)) throw error;
    return { unavailable: error.message };
  }
}
