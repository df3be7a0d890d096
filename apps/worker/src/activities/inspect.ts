import { WorkflowNotFoundError } from '@temporalio/client';
import { inBatches } from '../batches';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { isOpen } from '../workflowstatus';

/**
 * See `SharedActivities.inspect`. Runs queries concurrently: a run may have hundreds, and a remote cluster has latency.
 */
export function inspect(
  { client }: Pick<WorkerDeps, 'client'>,
  workflowIds: readonly string[],
): Promise<Record<string, string>> {
  return withHeartbeat(async (signal) =>
    Object.fromEntries(
      await inBatches(workflowIds, async (id) => {
        signal.throwIfAborted();
        return [id, await statusOf(client, id)];
      }),
    ),
  );
}

async function statusOf(client: WorkerDeps['client'], id: string): Promise<string> {
  try {
    const { status } = await client.workflow.getHandle(id).describe();
    return isOpen(status.name) ? 'RUNNING' : status.name;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return 'NOT_FOUND';
  }
}
