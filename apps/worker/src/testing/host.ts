import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { PartitionTask, RunSpec } from '@parquetry/workflows';
import { createSharedActivities, createStageActivities } from '../activities';
import { type Host, type HostOptions, openHost } from '../host';

/** A host of one thread and 512 MB without Temporal, and its folder; `end` closes it and removes the folder. */
export async function testHost(
  name: string,
  options: Pick<HostOptions, 'debug'> = {},
): Promise<{ readonly dir: string; readonly host: Host; end(): Promise<void> }> {
  const dir = await mkdtemp(path.join(os.tmpdir(), `parquetry-${name}-`));
  const host = await openHost({
    client: undefined as unknown as Client,
    workRoot: path.join(dir, 'work'),
    memoryBytes: 512e6,
    threads: 1,
    ...options,
  });
  const end = async (): Promise<void> => {
    await host.close();
    await rm(dir, { recursive: true, force: true });
  };
  return { dir, host, end };
}

/** Runs one step as an activity. */
export const runStep = <I, O>(step: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run(step, input);

/** Takes a run's range into its archive, through all steps of each partition and dataset, as the workflows do. */
export async function runAll(host: Host, spec: RunSpec): Promise<void> {
  const steps = createSharedActivities(host.deps);
  const { archive, range } = spec;
  const { plan } = await runStep(steps.planRun, spec);
  const { tasks } = await runStep(steps.nextPartitions, { archive, plan, cursor: range.start, limit: 100 });
  for (const task of tasks) await runTask(host, { archive, plan, task });
}

/** Takes one task of a plan through all steps. */
export async function runTask(
  { deps }: Host,
  { archive, plan, task }: { readonly archive: string; readonly plan: string; readonly task: PartitionTask },
): Promise<void> {
  const steps = { ...createSharedActivities(deps), ...createStageActivities(deps) };
  const { stageId } = await runStep(steps.pull, { archive, plan, task });
  for (const dataset of task.datasets) {
    const step = { archive, plan, stageId, range: task.range, dataset };
    const { version: schemaVersion } = await runStep(steps.registerSchema, step);
    await runStep(steps.writeParquet, { ...step, schemaVersion });
    await runStep(steps.verifyRowCounts, { ...step, schemaVersion });
    await runStep(steps.commit, { ...step, schemaVersion });
  }
  await runStep(steps.dropStage, stageId);
}
