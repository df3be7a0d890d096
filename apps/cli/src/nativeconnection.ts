import { ParquetryError } from '@parquetry/core';
import type { Log } from '@parquetry/worker';
import {
  type LogMetadata,
  type Logger,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
} from '@temporalio/worker';
import { METRICS, type Metric } from '@parquetry/workflows';
import type { Output } from './output';

/** How often a key that rotates is looked at, milliseconds. */
const ROTATION_MS = 5_000;

/** The output for the runtime's errors, and the address of its metrics. */
interface MetricsOptions {
  readonly output: Pick<Output, 'note'>;
  readonly settings?: { readonly metrics?: string | undefined; readonly log?: Log };
  /** The current API key, if it rotates. */
  readonly apiKey?: (() => string) | undefined;
}

/** Opens the connection of a worker in this process. @throws ParquetryError CONFIG_INVALID */
export async function connectNative(
  options: NativeConnectionOptions,
  worker: MetricsOptions,
): Promise<NativeConnection> {
  installRuntime(worker);
  const native = await NativeConnection.connect(options);
  if (worker.apiKey !== undefined) followKey(native, worker.apiKey, options.apiKey);
  return native;
}

/** Gives the connection each new API key. */
function followKey(native: NativeConnection, current: () => string, first: string | undefined): void {
  let known = first;
  const timer = setInterval(() => {
    const key = current();
    if (key === known) return;
    known = key;
    // Only a closed connection refuses a key.
    native.setApiKey(key).catch(() => clearInterval(timer));
  }, ROTATION_MS);
  timer.unref();
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
      logger: runtimeLogger(output, settings?.log),
      telemetryOptions: {
        logging: { filter: 'ERROR' },
        ...(metrics === undefined
          ? {}
          : {
              metrics: {
                prometheus: {
                  bindAddress: metrics,
                  countersTotalSuffix: true,
                  histogramBucketOverrides: bucketsOf(METRICS),
                },
              },
            }),
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

/** Buckets of the histograms by name. */
function bucketsOf(metrics: Readonly<Record<string, Metric>>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, { buckets }]) =>
      buckets === undefined ? [] : [[name, [...buckets]]],
    ),
  );
}

/** Receives what Temporal's SDK, activities and workflows log: without a log only errors, as notes. */
function runtimeLogger(output: MetricsOptions['output'], log: Log | undefined): Logger {
  const none = (): void => undefined;
  const base = { log: none, trace: none, debug: none };
  if (log === undefined)
    return {
      ...base,
      ...{ info: none, warn: none },
      error: (message, meta) =>
        output.note(`${message} ${meta === undefined ? '' : String(meta['error'] ?? '')}`),
    };
  /** What our own steps and workflows log; the SDK's own news is only for debugging. */
  const own = (level: 'info' | 'warn', meta: LogMetadata | undefined): 'info' | 'warn' | 'debug' =>
    ['activity', 'workflow'].includes(String(meta?.['sdkComponent'])) ? level : 'debug';
  return {
    ...base,
    info: (message, meta) => log(own('info', meta), message, fieldsOf(meta)),
    warn: (message, meta) => log(own('warn', meta), message, fieldsOf(meta)),
    error: (message, meta) => log('error', message, fieldsOf(meta)),
  };
}

function fieldsOf(meta: LogMetadata | undefined): Record<string, string> {
  const { workflowId, activityType, taskQueue, error } = meta ?? {};
  const known = { workflow: workflowId, step: activityType, queue: taskQueue, error };
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
