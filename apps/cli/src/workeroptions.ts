import { availableParallelism, totalmem } from 'node:os';
import type { AllowList, DebugSink, Limits, Log, LogLevel, WorkerVersion } from '@parquetry/worker';
import { openDebugLog } from './debuglog';
import { type LogFormat, openLog } from './log';
import { ownBuild } from './ownpackage';

/** Settings of commands that connect to Temporal. */
export const TEMPORAL_SETTINGS = ['temporal-address', 'temporal-namespace'];

/** Settings of commands that may run a worker. */
export const WORKER_SETTINGS = [
  ...TEMPORAL_SETTINGS,
  'memory',
  'threads',
  'slots',
  'stage',
  'drain',
  'take-over-after',
  'archive-partitions',
  'rpc-rate',
  'lake-rate',
  'allow-source',
  'allow-archive',
  'metrics',
  'log-format',
  'log-level',
  'debug',
  'debug-log',
  'profile',
];

/** Settings of the live page of a worker. */
export const UI_SETTINGS = ['archive', 'region', 'ui', 'ui-actions'];

/** What they mean for a worker. */
export const UI_DOCS: Readonly<Record<string, string>> = {
  archive: 'archive that the live page shows (default: those of the newest runs)',
};

/** Settings of versioned workers. */
export const VERSION_SETTINGS = ['temporal-deployment-name', 'temporal-worker-build-id'];

/** Options of commands that may run a worker. */
export interface WorkerOptions {
  readonly memory?: number;
  readonly threads?: number;
  readonly slots?: number;
  readonly stage?: string;
  /** Seconds. */
  readonly drain?: number;
  /** Seconds. */
  readonly takeOverAfter?: number;
  readonly archivePartitions?: number;
  readonly rpcRate?: number;
  readonly lakeRate?: number;
  readonly allowSource?: readonly string[];
  readonly allowArchive?: readonly string[];
  readonly temporalDeploymentName?: string;
  readonly temporalWorkerBuildId?: string;
  readonly metrics?: string;
  readonly logFormat?: LogFormat;
  readonly logLevel?: LogLevel;
  readonly debug?: boolean;
  readonly debugLog?: string;
}

/** Limits of the worker in this process. */
export interface WorkerSettings {
  /** Memory for pulls and writes, in addition to that of the idle process. */
  readonly memoryBytes: number;
  /** Maximum number of concurrent pulls, and of concurrent writes. */
  readonly threads: number;
  /** Maximum number of concurrent steps. */
  readonly slots: number;
  /** Folder for stages; default: `work/` in `.parquetry/`. */
  readonly workRoot?: string;
  /** Time for a stopping worker to finish the steps of its pulled partitions, milliseconds. */
  readonly drainMs?: number;
  /** How long a step may wait for a worker of this work folder, milliseconds. */
  readonly takeOverMs?: number;
  /** Limits over all workers. */
  readonly limits: Limits;
  /** What runs may name on this worker. */
  readonly allow: AllowList;
  /** Deployment and build of a versioned worker. */
  readonly version?: WorkerVersion;
  /** `host:port` to serve Prometheus metrics at; absent to serve none. */
  readonly metrics?: string;
  /** Receives log records. */
  readonly log?: Log;
  /** Whether stderr has only log records. */
  readonly onlyLog?: boolean;
  /** Receives the decisions of the worker in this process. */
  readonly debug?: DebugSink;
}

/** Memory of an idle worker, measured; bytes. */
export const IDLE_BYTES = 350e6;

/** Memory of the machine, or of the container if that is less; bytes. */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * The limits of the worker in this process. Default: half of the memory, all cores, one step per core plus one.
 * @throws ParquetryError CONFIG_INVALID for a debug log that can't be written
 */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  const { debugLog, drain, metrics, stage, takeOverAfter, temporalDeploymentName: deploymentName } = options;
  const { archivePartitions, rpcRate, lakeRate, allowSource: sources, allowArchive: archives } = options;
  const cores = availableParallelism();
  const debug = options.debug ?? debugLog !== undefined;
  const { logFormat, logLevel } = options;
  const onlyLog = logFormat === 'json';
  // The decisions of the debug mode are records of its level.
  const log =
    logFormat === undefined && logLevel === undefined
      ? undefined
      : openLog(logFormat ?? 'text', debug ? 'debug' : (logLevel ?? 'info'));
  return {
    memoryBytes: options.memory ?? Math.min(Math.floor(machineMemory() / 2), 4e9),
    threads: options.threads ?? cores,
    slots: options.slots ?? Math.min(cores + 1, 8),
    ...(stage === undefined ? {} : { workRoot: stage }),
    ...(drain === undefined ? {} : { drainMs: drain * 1000 }),
    ...(takeOverAfter === undefined ? {} : { takeOverMs: takeOverAfter * 1000 }),
    limits: {
      ...(archivePartitions === undefined ? {} : { archivePartitions }),
      ...(rpcRate === undefined ? {} : { rpcRate }),
      ...(lakeRate === undefined ? {} : { lakeRate }),
    },
    allow: {
      ...(sources === undefined ? {} : { sources }),
      ...(archives === undefined ? {} : { archives }),
    },
    ...(deploymentName === undefined
      ? {}
      : { version: { deploymentName, buildId: options.temporalWorkerBuildId ?? ownBuild() } }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(log === undefined ? {} : { log, onlyLog }),
    ...(debug
      ? {
          debug:
            log !== undefined && onlyLog && debugLog === undefined
              ? (line: string) => log('debug', line)
              : openDebugLog(debugLog),
        }
      : {}),
  };
}
