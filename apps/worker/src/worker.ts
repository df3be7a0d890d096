import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import {
  type ActivityInterceptorsFactory,
  type NativeConnection,
  Runtime,
  Worker,
  type WorkerDeploymentOptions,
} from '@temporalio/worker';
import type { Tracing } from '@parquetry/telemetry';
import type { PayloadCodec } from '@parquetry/temporal';
import { TASK_QUEUE, WATCH_QUEUE } from '@parquetry/workflows';
import { AllowInterceptor } from './allowinterceptor';
import { type AllowList, checkAllowList } from './allowlist';
import { createSharedActivities, createStageActivities, createWatchActivities } from './activities';
import { lostServer } from './lostserver';
import { startCleanup } from './tidytimer';
import { isOpen } from './workflowstatus';
import { workflowBundle } from './bundle';
import type { DebugSink } from './deps';
import { FailureInterceptor } from './failures';
import { openHost } from './host';
import { type Limits, limitedQueues } from './limits';
import type { Log } from './telemetry/log';
import { Meters } from './telemetry/meters';
import { startSampling } from './telemetry/samples';
import { noteSinks } from './telemetry/sinks';
import { StepTelemetry } from './telemetry/steps';
import type { Telemetry } from './telemetry/telemetry';

/** Options of a worker. */
export interface WorkerOptions {
  readonly connection: NativeConnection;
  /** For `inspect`: describes other workflows. */
  readonly client: Client;
  readonly namespace: string;
  /** Folder for stages and spooled files. */
  readonly workRoot: string;
  /** Memory beyond the idle worker, bytes. */
  readonly memoryBytes: number;
  /** Concurrent pulls, and concurrent writes, if the memory allows. */
  readonly threads: number;
  /** Concurrent pulls, and concurrent dataset steps. */
  readonly slots: number;
  /** Receives each decision as a line (`--debug`). */
  readonly debug?: DebugSink;
  /** Grace period for running steps when the worker stops. */
  readonly graceMs?: number;
  /** See `WorkerDeps.takeOverMs`. */
  readonly takeOverMs?: number;
  /**
   * When the worker stops, it takes no new partitions but finishes those that it has pulled, for at most this long.
   * Absent: only the running steps end, within the grace period.
   */
  readonly drainMs?: number;
  readonly limits?: Limits;
  /** Exports traces; absent when they are off. The caller closes it. */
  readonly tracing?: Tracing;
  /** Encrypts what Temporal keeps; the client has the same. */
  readonly codec: PayloadCodec;
  /** What runs may name on this worker; absent: any source and archive. */
  readonly allow?: AllowList;
  /** Records metrics; the caller has installed a runtime that serves them. */
  readonly metrics?: boolean;
  /** Receives log records. */
  readonly log?: Log;
  /** Version of the program, for metrics. */
  readonly release?: string;
  /** Absent: Temporal gives work to this worker whatever its version. */
  readonly version?: WorkerVersion;
}

/** The build of a worker, for Temporal's Worker Versioning. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** Most tails that one worker watches. They mostly wait, so they do not count as running steps. */
const WATCHES = 100;

/** Time limit for asking the server whether a workflow has ended, milliseconds. */
const ASK_MS = 5_000;

/** Grace period for running steps when nothing else is set, milliseconds. */
const GRACE_MS = 15_000;

/** Limits of the end of a Temporal worker: steps are cancelled after the grace period, and abandoned 30 s later. */
const grace = (graceMs = GRACE_MS): { shutdownGraceTime: number; shutdownForceTime: number } => ({
  shutdownGraceTime: graceMs,
  shutdownForceTime: graceMs + 30_000,
});

/**
 * Versions the queues that all workers serve. The others stay without: Temporal allows a build 100 queues and each work
 * folder has its own; a worker of a later build takes over the stages of its folder; and the limit of pulls from nodes
 * holds over all builds.
 */
const versioned = (
  version: WorkerVersion | undefined,
): { readonly workerDeploymentOptions?: WorkerDeploymentOptions } =>
  version === undefined
    ? {}
    : {
        workerDeploymentOptions: {
          version,
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'AUTO_UPGRADE',
        },
      };

/** The parts of telemetry that are on. */
function telemetryOf({ tracing, metrics = false, log }: WorkerOptions): Telemetry {
  return {
    ...(tracing === undefined ? {} : { tracing }),
    ...(metrics ? { meters: new Meters(Runtime.instance().metricMeter) } : {}),
    ...(log === undefined ? {} : { log }),
  };
}

/** The interceptor of steps, if there is anything to tell. It is the outermost, so that it sees the codes of failures. */
function observing(telemetry: Telemetry): ActivityInterceptorsFactory[] {
  if (Object.keys(telemetry).length === 0) return [];
  return [({ info }) => ({ inbound: new StepTelemetry(info, telemetry) })];
}

/** How often a stopping worker looks whether its stages are committed, milliseconds. */
const DRAIN_POLL_MS = 200;

/** A running worker. */
export interface RunningWorker {
  /** Identity that the Temporal UI shows: PID@HOST. */
  readonly workerId: string;
  /** States of its pollers, as Temporal's SDK names them: RUNNING, DRAINING, STOPPED, FAILED, … */
  states(): readonly string[];
  /** Settles when the worker has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Accepts no new steps, lets running ones end within the grace period, removes temporary files. */
  shutdown(): Promise<void>;
}

/**
 * Starts a worker. It polls three queues: the shared one (workflows, plan, pull), the one of tails that watch their
 * sources, and the one of its work folder for steps that need staged files. All share one DuckDB.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { connection, namespace, slots, drainMs = 0 } = options;
  checkAllowList(options.allow ?? {});
  const bundle = workflowBundle(options.codec.encrypts);
  const telemetry = telemetryOf(options);
  const host = await openHost({ ...options, telemetry });
  const common = {
    connection,
    namespace,
    maxConcurrentActivityTaskExecutions: slots,
    // A cancellation arrives with the response to a heartbeat, so heartbeats are not throttled.
    maxHeartbeatThrottleInterval: '1s',
    ...grace(options.graceMs),
    dataConverter: { payloadCodecs: [options.codec] },
    interceptors: {
      activity: [
        ...observing(telemetry),
        () => ({ inbound: new FailureInterceptor(options.codec.encrypts) }),
        () => ({ inbound: new AllowInterceptor(options.allow ?? {}) }),
      ],
    },
  };
  const watching = createWatchActivities(host.deps);
  // A drain ends the pulls first; the time of the whole drain is theirs.
  const pulling = grace(Math.max(options.graceMs ?? GRACE_MS, drainMs));
  const shared = await Worker.create({
    ...common,
    ...pulling,
    ...versioned(options.version),
    taskQueue: TASK_QUEUE,
    workflowBundle: bundle,
    sinks: noteSinks(telemetry),
    // A tail from before the tail queue existed may have a step waiting here.
    activities: { ...createSharedActivities(host.deps), ...watching },
    maxCachedWorkflows: 100,
  });
  const watch = await Worker.create({
    ...common,
    ...versioned(options.version),
    maxConcurrentActivityTaskExecutions: WATCHES,
    maxConcurrentActivityTaskPolls: 2,
    taskQueue: WATCH_QUEUE,
    activities: watching,
  });
  const stages = await Worker.create({
    ...common,
    taskQueue: host.deps.queue,
    activities: createStageActivities(host.deps),
  });
  const workers = [shared, watch, stages];
  for (const [taskQueue, rate] of limitedQueues(options.limits ?? {}))
    workers.push(
      await Worker.create({
        ...common,
        ...pulling,
        taskQueue,
        maxTaskQueueActivitiesPerSecond: rate,
        activities: createSharedActivities(host.deps),
      }),
    );
  const stop = (): void => {
    host.stop();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  let draining = false;
  /** Stops taking new work, and waits until the stages of this process are committed or the time is over. */
  const drain = async (): Promise<void> => {
    const until = Date.now() + drainMs;
    draining = true;
    host.stop();
    for (const worker of workers) if (worker !== stages && worker.getState() === 'RUNNING') worker.shutdown();
    // A pull that is still running makes one more stage.
    const busy = async (): Promise<boolean> =>
      workers.some((worker) => worker !== stages && worker.getState() !== 'STOPPED') ||
      host.workplace.hasStages();
    while (Date.now() < until && stages.getState() === 'RUNNING' && (await busy()))
      await sleep(DRAIN_POLL_MS);
  };
  const isOver = async (workflowId: string): Promise<boolean> => {
    try {
      const { client } = options;
      const described = await client.withDeadline(Date.now() + ASK_MS, () =>
        client.workflow.getHandle(workflowId).describe(),
      );
      return !isOpen(described.status.name);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return true;
      throw error;
    }
  };
  const run = async (): Promise<void> => {
    const stopCleanup = startCleanup(host.workplace, isOver);
    const stopSampling = startSampling(host.deps, options);
    try {
      // When one of them fails, the others must stop too.
      const ends = workers.map((worker) => worker.run().finally(() => draining || stop()));
      await Promise.allSettled(ends);
      await Promise.all(ends).catch((error: unknown) => Promise.reject(lostServer(error) as Error));
    } finally {
      await stopCleanup();
      await stopSampling();
      await host.close();
    }
  };
  const stopped = run();
  return {
    workerId: shared.options.identity,
    states: () => workers.map((worker) => worker.getState()),
    stopped,
    async shutdown() {
      if (drainMs > 0) await drain();
      stop();
      await stopped;
    },
  };
}
