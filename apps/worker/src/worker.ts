import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { TASK_QUEUE, WATCH_QUEUE, stageQueue } from '@parquetry/workflows';
import { createSharedActivities, createStageActivities, createWatchActivities } from './activities';
import { BUNDLE_PATH, buildBundle, hasBundle } from './bundle';
import type { DebugSink } from './deps';
import { FailureInterceptor } from './failures';
import { DeadWorkers } from './deadworkers';
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

/** Tails that one worker watches at once. They mostly wait, so they are not counted as steps at work. */
const WATCHES = 100;

/** Longest that the server is asked whether a workflow is over, milliseconds. */
const ASK_MS = 5_000;

/** A worker at work. */
export interface RunningWorker {
  readonly workerId: string;
  /** Settles when the worker has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Takes no new steps, lets running ones end within the grace time, leaves the workplace. */
  shutdown(): Promise<void>;
}

/**
 * Starts a worker: one poller of the shared queue (workflows, plan, pull), one of the queue on which tails watch their
 * sources, one of its own stage queue, on which the steps that need its local files run, and one for each dead worker
 * whose stages it took over, at the start and later, until nobody needs them. All share one DuckDB.
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
    maxHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: options.graceMs ?? 15_000,
    shutdownForceTime: (options.graceMs ?? 15_000) + 30_000,
    interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
  };
  const watching = createWatchActivities(host.deps());
  const shared = await Worker.create({
    ...common,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: BUNDLE_PATH },
    // A tail from before there was a queue for it may have a step that waits here.
    activities: { ...createSharedActivities(host.deps()), ...watching },
    maxCachedWorkflows: 100,
  });
  const watch = await Worker.create({
    ...common,
    maxConcurrentActivityTaskExecutions: WATCHES,
    maxConcurrentActivityTaskPolls: 2,
    taskQueue: WATCH_QUEUE,
    activities: watching,
  });
  const stageWorker = (place: Workplace): Promise<Worker> =>
    Worker.create({
      ...common,
      ...(place === workplace ? {} : { maxConcurrentActivityTaskExecutions: 1 }),
      taskQueue: stageQueue(place.workerId),
      activities: createStageActivities(host.deps(place)),
    });
  const own = await stageWorker(workplace);

  const places = new Set([workplace]);
  const workers = new Set<Worker>();
  const ends: Promise<void>[] = [];
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    host.stop();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const launch = (worker: Worker): Promise<void> => {
    workers.add(worker);
    // When one of them fails the others must not go on alone; one that was let go is no longer among them.
    const end = worker.run().finally(() => {
      if (workers.has(worker)) stop();
    });
    end.catch(() => undefined);
    ends.push(end);
    return end;
  };
  const serve = async (place: Workplace): Promise<() => Promise<void>> => {
    const worker = await stageWorker(place);
    places.add(place);
    const end = launch(worker);
    // A worker that is made but never run would keep the connection from closing.
    if (stopping) stop();
    return async () => {
      workers.delete(worker);
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await end;
      await place.leave();
      places.delete(place);
    };
  };
  const isOver = async (workflowId: string): Promise<boolean> => {
    try {
      const { client } = options;
      const described = await client.withDeadline(Date.now() + ASK_MS, () =>
        client.workflow.getHandle(workflowId).describe(),
      );
      return described.status.name !== 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return true;
      throw error;
    }
  };
  const heirs = new DeadWorkers(options.workRoot, workplace, serve, isOver);
  const run = async (): Promise<void> => {
    try {
      for (const worker of [shared, watch, own]) void launch(worker);
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
