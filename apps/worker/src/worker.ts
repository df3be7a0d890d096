import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { TASK_QUEUE, stageQueue } from '@parquetry/workflows';
import { createSharedActivities, createStageActivities } from './activities';
import { BUNDLE_PATH, buildBundle, hasBundle } from './bundle';
import type { DebugSink } from './deps';
import { FailureInterceptor } from './failures';
import { Heirs } from './heirs';
import { openHost } from './host';
import type { Workplace } from './workplace';

/** What a worker needs from whoever starts it. */
export interface WorkerOptions {
  readonly connection: NativeConnection;
  /** For `inspect`: looks at other workflows. */
  readonly client: Client;
  readonly namespace: string;
  /** Folder for stages and spooled files. */
  readonly workRoot: string;
  /** Memory beyond the idle worker, bytes. */
  readonly memoryBytes: number;
  /** Pulls at once, and writes at once, where the memory allows. */
  readonly threads: number;
  /** Pulls at once, and dataset steps at once. */
  readonly slots: number;
  /** Hears each decision as a line (`--debug`). */
  readonly debug?: DebugSink;
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
 * steps that need its local files run, and one for each dead worker whose stages it took over, at the start and later.
 * All share one DuckDB.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { connection, namespace, slots } = options;
  const host = await openHost(options);
  const { workplace } = host;
  if (!hasBundle()) await buildBundle();
  const common = {
    connection,
    namespace,
    maxConcurrentActivityTaskExecutions: slots,
    // A cancellation comes with the answer to a heartbeat: those of a step are passed on as often as it gives them.
    maxHeartbeatThrottleInterval: '5s',
    shutdownGraceTime: options.graceMs ?? 15_000,
    shutdownForceTime: (options.graceMs ?? 15_000) + 30_000,
    interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
  };
  const shared = await Worker.create({
    ...common,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: BUNDLE_PATH },
    activities: createSharedActivities(host.deps()),
    maxCachedWorkflows: 100,
  });
  const stageWorker = (place: Workplace): Promise<Worker> =>
    Worker.create({
      ...common,
      ...(place === workplace ? {} : { maxConcurrentActivityTaskExecutions: 1 }),
      taskQueue: stageQueue(place.workerId),
      activities: createStageActivities(host.deps(place)),
    });
  const own = await stageWorker(workplace);

  const places = [workplace];
  const workers: Worker[] = [];
  const ends: Promise<void>[] = [];
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    host.stop();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const launch = (worker: Worker): void => {
    workers.push(worker);
    // When one of them fails the others must not go on alone.
    const end = worker.run().finally(stop);
    end.catch(() => undefined);
    ends.push(end);
  };
  const heirs = new Heirs(options.workRoot, async (place) => {
    const worker = await stageWorker(place);
    places.push(place);
    launch(worker);
    // A worker that is made but never run would keep the connection from closing.
    if (stopping) stop();
  });
  const run = async (): Promise<void> => {
    try {
      launch(shared);
      launch(own);
      await heirs.start();
      // Workers may join until all are told to stop.
      for (let index = 0; index < ends.length; index += 1) await Promise.allSettled([ends[index]]);
      await heirs.stop();
      await Promise.all(ends);
    } finally {
      await heirs.stop();
      await host.close();
      for (const place of places) await place.leave();
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
