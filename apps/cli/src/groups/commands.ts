import type { SettingsCommand } from '../command';
import { openDebugLog } from '../debuglog';
import { type WorkerSettings, defaultWorkerSettings } from '../options';
import type { Output } from '../output';

/** What a group of commands registers itself with. */
export interface Commands {
  readonly output: Output;
  /** A new command with the options that all commands have. */
  command(name: string, description: string): SettingsCommand;
  /** Runs a command's action and takes its exit code. */
  run(action: () => Promise<number>): Promise<void>;
}

/** Settings of commands that may run a worker. */
export const WORKER_SETTINGS = [
  'memory',
  'threads',
  'slots',
  'stage',
  'metrics',
  'debug',
  'debug-log',
  'profile',
];

/** Options of commands that may run a worker. */
export interface WorkerOptions {
  readonly memory?: number;
  readonly threads?: number;
  readonly slots?: number;
  readonly stage?: string;
  readonly metrics?: string;
  readonly debug?: boolean;
  readonly debugLog?: string;
}

/** The limits of the worker of this process. @throws ParquetryError CONFIG_INVALID for a debug log that can't be written */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  const defaults = defaultWorkerSettings();
  const { debugLog, metrics, stage } = options;
  const debug = options.debug ?? debugLog !== undefined;
  return {
    memoryBytes: options.memory ?? defaults.memoryBytes,
    threads: options.threads ?? defaults.threads,
    slots: options.slots ?? defaults.slots,
    ...(stage === undefined ? {} : { workRoot: stage }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(debug ? { debug: openDebugLog(debugLog) } : {}),
  };
}
