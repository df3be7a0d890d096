import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { TASK_QUEUE, stageQueue } from '@parquetry/workflows';
import { openWriter } from '@parquetry/writer';
import { createSharedActivities, createStageActivities } from './activities';
import { Archives } from './archives';
import { BUNDLE_PATH, buildBundle, hasBundle } from './bundle';
import type { WorkerDeps } from './deps';
import { FailureInterceptor } from './failures';
import { Workplace } from './workplace';

/** What a worker needs from whoever starts it. */
export interface WorkerOptions {
  readonly connection: NativeConnection;
  /** For `inspect`: looks at other workflows. */
  readonly client: Client;
  readonly namespace: string;
  /** Folder for stages and spooled files. */
  readonly workRoot: string;
  /** DuckDB's memory limit in bytes. */
  readonly memoryBytes: number;
  /** DuckDB's threads. */
  readonly threads: number;
  /** Pulls at once, and dataset steps at once. */
  readonly slots: number;
  /** Time that running steps get to end when the worker is told to stop. */
  readonly graceMs?: number;
}

/** A worker at work. */
export interface RunningWorker {
  readonly workerId: string;
  /** Settles when the worker has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Takes no new steps, lets running ones end within the grace time, leaves the workplace. */
  shutdown(): Promise<void>;
}

/**
 * Starts a worker: one poller of the shared queue (workflows, plan, pull), one of its own stage queue, on which the
 * steps that need its local files run, and one for each dead worker whose stages it took over. All share one DuckDB.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { connection, client, namespace, slots } = options;
  const workplace = await Workplace.create(options.workRoot);
  const writer = await openWriter({
    memoryLimit: `${Math.floor(options.memoryBytes / 1e6)}MB`,
    threads: options.threads,
    tempDir: workplace.tempDir,
  });
  const archives = new Archives({ writer, workplace });
  const depsOf = (place: Workplace): WorkerDeps => ({
    workplace: place,
    writer,
    queue: stageQueue(place.workerId),
    client,
    archives,
  });
  const adopted = await Workplace.adopt(options.workRoot);
  if (!hasBundle()) await buildBundle();
  const common = {
    connection,
    namespace,
    maxConcurrentActivityTaskExecutions: slots,
    shutdownGraceTime: options.graceMs ?? 15_000,
    shutdownForceTime: (options.graceMs ?? 15_000) + 30_000,
    interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
  };
  const shared = await Worker.create({
    ...common,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: BUNDLE_PATH },
    activities: createSharedActivities(depsOf(workplace)),
    maxCachedWorkflows: 100,
  });
  const staged = await Promise.all(
    [workplace, ...adopted].map((place) =>
      Worker.create({
        ...common,
        ...(place === workplace ? {} : { maxConcurrentActivityTaskExecutions: 1 }),
        taskQueue: stageQueue(place.workerId),
        activities: createStageActivities(depsOf(place)),
      }),
    ),
  );

  const workers = [shared, ...staged];
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const run = async (): Promise<void> => {
    try {
      // When one of them fails the others must not go on alone.
      const ends = await Promise.allSettled(workers.map((worker) => worker.run().finally(stop)));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    } finally {
      await writer.close();
      for (const place of [workplace, ...adopted]) await place.leave();
    }
  };
  const stopped = run();
  return {
    workerId: workplace.workerId,
    stopped,
    async shutdown() {
      stop();
      await stopped;
    },
  };
}
