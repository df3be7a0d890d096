import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { ParquetryError } from '@parquetry/core';
import { openStore } from '@parquetry/storage';
import type { PartitionTask, PlanRef, PullResult } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { loadPlan, spoolKey } from '../plan/stored';
import { openSource } from '../sources';

/** See `SharedActivities.pull`. */
export async function pull(
  { workplace, queue }: WorkerDeps,
  { archive, plan, task }: PlanRef & { readonly task: PartitionTask },
): Promise<PullResult> {
  const stored = await loadPlan(openStore(archive), archive, plan);
  const datasets = task.datasets.map((name) => {
    const found = stored.index.datasets.find(({ dataset }) => dataset === name);
    if (found === undefined) throw new ParquetryError('CONFIG_INVALID', `The plan has no dataset "${name}".`);
    return found;
  });
  const source = await openSource(stored.spec, new Map());
  // A new stage for every attempt: one that timed out may still be writing.
  const stageId = randomBytes(12).toString('hex');
  const stageDir = workplace.stageDir(stageId);
  const spoolDir = workplace.spoolDir(spoolKey(stored.spec));
  await mkdir(stageDir, { recursive: true });
  await mkdir(spoolDir, { recursive: true });
  try {
    const manifest = await withHeartbeat((signal, report) =>
      source.pull({
        stageId,
        range: task.range,
        datasets,
        index: stored.index,
        stageDir,
        spoolDir,
        signal,
        onProgress: report,
      }),
    );
    return {
      stageId,
      queue,
      bytesRead: manifest.bytesRead,
      datasets: manifest.datasets.map(({ dataset, messages, rows, rejected }) => ({
        dataset,
        messages,
        rows,
        rejected,
      })),
    };
  } catch (error) {
    await rm(stageDir, { recursive: true, force: true });
    throw error;
  }
}
