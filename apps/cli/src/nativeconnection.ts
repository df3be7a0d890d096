import { ParquetryError } from '@parquetry/core';
import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Output } from './output';

/** The output for the runtime's errors, and the address of its metrics. */
interface MetricsOptions {
  readonly output: Pick<Output, 'note'>;
  readonly settings?: { readonly metrics?: string | undefined };
}

/** Opens the connection of a worker in this process. @throws ParquetryError CONFIG_INVALID */
export function connectNative(
  connection: Parameters<typeof NativeConnection.connect>[0],
  options: MetricsOptions,
): Promise<NativeConnection> {
  installRuntime(options);
  return NativeConnection.connect(connection);
}

/**
 * Configures Temporal's runtime: it logs errors only, leaves Ctrl-C to the command, and serves metrics on
 * request.
 * @throws ParquetryError CONFIG_INVALID when metrics can't be served at the address
 */
function installRuntime({ output, settings }: MetricsOptions): void {
  const metrics = settings?.metrics;
  try {
    Runtime.install({
      shutdownSignals: [],
      logger: {
        log: () => {},
        trace: () => {},
        debug: () => {},
        info: () => {},
        warn: () => {},
        error: (message, meta) =>
          output.note(`${message} ${meta === undefined ? '' : String(meta['error'] ?? '')}`),
      },
      telemetryOptions: {
        logging: { filter: 'ERROR' },
        ...(metrics === undefined
          ? {}
          : { metrics: { prometheus: { bindAddress: metrics, countersTotalSuffix: true } } }),
      },
    });
  } catch (cause) {
    if (metrics === undefined) throw cause;
    throw new ParquetryError('CONFIG_INVALID', `Metrics can't be served at ${metrics}.`, {
      cause,
      hint: 'Is another worker running? --metrics needs an address of this machine and a free port.',
    });
  }
}
