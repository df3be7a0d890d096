import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { openStore } from '@parquetry/storage';
import type { PartitionTask, PlanRef, PullResult } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { decisionLine } from '../debug';
import { withHeartbeat } from '../heartbeat';
import { loadPlan, spoolKey } from '../plan/stored';
import { pastOperations } from '../telemetry/telemetry';

/** See `SharedActivities.pull`. */
export async function pull(
  { workplace, queue, takeOverMs, pulls, debug, telemetry, allow }: WorkerDeps,
  { archive, plan, task }: PlanRef & { readonly task: PartitionTask },
): Promise<PullResult> {
  const { spec } = await loadPlan(openStore(archive), archive, plan);
  const { layout } = spec.settings;
  // A new stage for every attempt: one that timed out may still be writing.
  const stageId = randomBytes(12).toString('hex');
  const stageDir = workplace.stageDir(stageId);
  const workflowId = Context.current().info.workflowExecution?.workflowId;
  const spoolDir = await workplace.openSpool(spoolKey(spec), workflowId);
  try {
    await workplace.createStage(stageId, workflowId);
    const { spareDir } = workplace;
    const onOperations = pastOperations(telemetry);
    const job = { archive, plan, task, stageId, stageDir, spareDir, spoolDir, allow };
    const manifest = await withHeartbeat((signal, onProgress) =>
      pulls.run(job, {
        signal,
        onProgress,
        ...(debug === undefined ? {} : { onDecision: (made) => debug(decisionLine(made, layout)) }),
        ...(onOperations === undefined ? {} : { onOperations }),
      }),
    );
    return {
      stageId,
      queue,
      ...(takeOverMs === undefined ? {} : { takeOverMs }),
      bytesRead: manifest.bytesRead,
      ...(manifest.conservation === undefined ? {} : { conservation: manifest.conservation }),
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
