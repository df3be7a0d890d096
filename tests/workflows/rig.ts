import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import {
  type BackfillInput,
  type BackfillProgress,
  type SharedActivities,
  TASK_QUEUE,
  WATCH_QUEUE,
  progress,
} from '@parquetry/workflows';
import { endOutdated } from '../../apps/worker/src/activities/endoutdated';
import { inspect } from '../../apps/worker/src/activities/inspect';
import { workflowBundle } from '../../apps/worker/src/bundle';
import { type TestServer, startTestServer } from '../support/temporal';
import { type FakeSteps, STAGE } from './fakes';

/** The notes of workflows to their worker, which the tests do not need. */
export const SINKS = { telemetry: { ended: { fn: () => undefined }, parked: { fn: () => undefined } } };

/** A Temporal server with the workflow code, for tests with their own activities. */
export class Rig {
  private constructor(readonly server: TestServer) {}

  /** Fails without a Temporal binary, because the test would check nothing. */
  static async start(): Promise<Rig> {
    const server = await startTestServer();
    if (server === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    return new Rig(server);
  }

  /** Starts a workflow and runs `use` while workers with these activities serve it. */
  async run(
    type: string,
    input: unknown,
    activities: { readonly shared: object; readonly stage?: object; readonly stageQueue?: string },
    use: (handle: WorkflowHandleWithFirstExecutionRunId) => Promise<void>,
  ): Promise<void> {
    const { client, native, namespace } = this.server;
    const common = { connection: native, namespace, maxHeartbeatThrottleInterval: '500ms' };
    const main = await Worker.create({
      ...common,
      taskQueue: TASK_QUEUE,
      workflowBundle: workflowBundle(false),
      sinks: SINKS,
      activities: activities.shared,
    });
    const watch =
      type === 'tail' &&
      (await Worker.create({ ...common, taskQueue: WATCH_QUEUE, activities: activities.shared }));
    const { stageQueue = STAGE, stage } = activities;
    const staged = stage && (await Worker.create({ ...common, taskQueue: stageQueue, activities: stage }));
    const handle = await client.workflow.start(type, {
      taskQueue: TASK_QUEUE,
      workflowId: `${type}-${randomUUID()}`,
      args: [input],
    });
    const work = main.runUntil(use(handle));
    const watched = watch ? watch.runUntil(work) : work;
    await (staged === undefined ? watched : staged.runUntil(watched));
  }

  /**
   * Runs a backfill of fake steps, some of them replaced by `shared`. `inspect` finds no workflow: the run knows only
   * what its partitions reported.
   */
  backfill(
    input: BackfillInput,
    steps: FakeSteps,
    use: (handle: WorkflowHandleWithFirstExecutionRunId) => Promise<void>,
    shared: Partial<SharedActivities> = {},
  ): Promise<void> {
    const activities = {
      shared: { ...steps.shared(async () => ({})), ...shared },
      stage: steps.stage(),
    };
    return this.run('backfill', input, activities, use);
  }

  /** The worker's own `inspect` step. */
  inspect(ids: readonly string[]): Promise<Record<string, string>> {
    return inspect(this.server, ids);
  }

  /** The worker's own `endOutdated` step. */
  endOutdated(child: Parameters<SharedActivities['endOutdated']>[0]): Promise<boolean> {
    return endOutdated(this.server, child);
  }

  /** Stops the server. */
  stop(): Promise<void> {
    return this.server.stop();
  }
}

/** Polls until the answer satisfies `when`. */
export async function until<T>(ask: () => Promise<T>, when: (answer: T) => boolean, tries = 300): Promise<T> {
  let last: T | undefined;
  for (let i = 0; i < tries; i++) {
    last = await ask().catch(() => undefined);
    if (last !== undefined && when(last)) return last;
    await sleep(100);
  }
  throw new Error(`it did not get there: ${JSON.stringify(last)}`);
}

/** Polls the progress of a backfill until it satisfies `when`. */
export function progressWhen(
  handle: WorkflowHandle,
  when: (found: BackfillProgress) => boolean,
  tries?: number,
): Promise<BackfillProgress> {
  return until(() => handle.query(progress), when, tries);
}
