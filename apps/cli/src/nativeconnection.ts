import { ParquetryError } from '@parquetry/core';
import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Output } from './output';

/** Where the runtime writes errors, and the address at which it serves metrics. */
interface MetricsOptions {
  readonly output: Output;
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
 * The command prints its own messages and handles Ctrl-C itself; Temporal's runtime says only what is wrong, and serves
 * metrics where that is asked for.
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
      hint: 'Is another worker there? --metrics takes an address and a port that are free on this machine.',
    });
  }
}
