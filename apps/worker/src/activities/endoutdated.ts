import { WorkflowNotFoundError } from '@temporalio/client';
import { type PartitionInput, type SharedActivities, readInput } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';

/** See `SharedActivities.endOutdated`. */
export async function endOutdated(
  { client }: Pick<WorkerDeps, 'client'>,
  { workflowId, plan }: Parameters<SharedActivities['endOutdated']>[0],
): Promise<boolean> {
  try {
    const { runId, status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING') return true;
    const { namespace } = client.options;
    const input = await readInput(client.workflowService, namespace, { workflowId, runId });
    if ((input as Partial<PartitionInput> | undefined)?.plan === plan) return false;
    await client.workflow
      .getHandle(workflowId, runId)
      .terminate('its run was started again with another plan');
  } catch (error) {
    // It ended meanwhile.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  return true;
}
