import type { Client } from '@temporalio/client';
import { setObserver } from '@parquetry/system';
import { stageQueue } from '@parquetry/workflows';
import { openWriter } from '@parquetry/writer';
import type { AllowList } from './allowlist';
import { Archives } from './archives';
import { memoryBudget } from './budget';
import type { DebugSink, WorkerDeps } from './deps';
import type { Limits } from './limits';
import { PullPool } from './pull/pool';
import { tuneRuntime } from './runtime';
import { type Telemetry, operationsObserver } from './telemetry/telemetry';
import { Workplace } from './workplace';

/** Resources of an activity host. */
export interface HostOptions {
  /** For `inspect`: describes other workflows. */
  readonly client: Client;
  /** Folder for stages and spooled files. */
  readonly workRoot: string;
  /** Memory beyond the idle process, bytes. */
  readonly memoryBytes: number;
  /** Concurrent pulls, and concurrent writes, if the memory allows. */
  readonly threads: number;
  /** See `WorkerDeps.takeOverMs`. */
  readonly takeOverMs?: number;
  /** See `WorkerDeps.limits`. */
  readonly limits?: Limits;
  /** See `WorkerDeps.allow`. */
  readonly allow?: AllowList;
  /** See `WorkerDeps.debug`. */
  readonly debug?: DebugSink;
  /** See `WorkerDeps.telemetry`. */
  readonly telemetry?: Telemetry;
}

/** Shared state of the activities of one process: the work folder, one DuckDB, the replayed logs of the archives. */
export interface Host {
  readonly workplace: Workplace;
  readonly deps: WorkerDeps;
  /** Ends steps that only wait; the others continue. */
  stop(): void;
  /** Closes DuckDB, ends the pull threads, removes temporary files. */
  close(): Promise<void>;
}

/** Opens the host of a process's activities. */
export async function openHost(options: HostOptions): Promise<Host> {
  tuneRuntime();
  const { telemetry = {} } = options;
  setObserver(operationsObserver(telemetry));
  const workplace = await Workplace.open(options.workRoot);
  const { lanes, duckdbBytes, keepFreedBytes, heapBytes, verifyAlone } = memoryBudget(
    options.memoryBytes,
    options.threads,
  );
  const writer = await openWriter({
    memoryLimit: `${Math.floor(duckdbBytes / 1e6)}MB`,
    keepFreed: `${keepFreedBytes / 1e6}MB`,
    threads: lanes,
    tempDir: workplace.tempDir,
  });
  const pulls = new PullPool({ threads: lanes, heapBytes });
  pulls.warm();
  const archives = new Archives({ writer, workplace });
  const stopping = new AbortController();
  return {
    workplace,
    deps: {
      workplace,
      writer,
      verifyAlone,
      pulls,
      queue: stageQueue(workplace.folderId),
      ...(options.takeOverMs === undefined ? {} : { takeOverMs: options.takeOverMs }),
      limits: options.limits ?? {},
      allow: options.allow ?? {},
      client: options.client,
      archives,
      stopping: stopping.signal,
      ...(options.debug === undefined ? {} : { debug: options.debug }),
      telemetry,
    },
    stop: () => stopping.abort(),
    async close() {
      setObserver(undefined);
      await pulls.close();
      await writer.close();
      await workplace.close();
    },
  };
}
