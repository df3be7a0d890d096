import { WorkflowNotFoundError } from '@temporalio/client';
import type { PartitionInput, SharedActivities } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { readableInput } from '../readableinput';
import { isOpen } from '../workflowstatus';

/** See `SharedActivities.endOutdated`. */
export async function endOutdated(
  { client }: Pick<WorkerDeps, 'client'>,
  { workflowId, plan }: Parameters<SharedActivities['endOutdated']>[0],
): Promise<boolean> {
  try {
    const { runId, status } = await client.workflow.getHandle(workflowId).describe();
    if (!isOpen(status.name)) return true;
    // Encrypted with a key that is gone, its input is undefined: no worker can continue it.
    const input = await readableInput(client, { workflowId, runId });
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
