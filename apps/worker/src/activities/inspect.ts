import { WorkflowNotFoundError } from '@temporalio/client';
import type { WorkerDeps } from '../deps';

/** See `SharedActivities.inspect`. */
export async function inspect(
  { client }: WorkerDeps,
  workflowIds: readonly string[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const id of workflowIds)
    try {
      found[id] = (await client.workflow.getHandle(id).describe()).status.name;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      found[id] = 'NOT_FOUND';
    }
  return found;
}
