import { sdk } from '@parquetry/temporal';
import type { QueryDefinition, WorkflowHandle } from '@temporalio/client';
import { TASK_QUEUE } from '@parquetry/workflows';
import type { Session } from './session';

/** Timeout of a query; a workflow responds in this time unless its worker is gone. */
const ANSWER_MS = 6_000;
/** A worker polls for tasks at least this often. */
const POLL_MS = 75_000;
const WORKFLOW_QUEUE = 1;

/** The result of a query, and whether it comes from a worker or from the history. */
export interface Answer<T> {
  readonly by: 'worker' | 'history';
  readonly value: T;
}

/** Queries a workflow. If no worker responds, returns the result of `otherwise`. */
export async function queryWorkflow<T>(
  session: Session,
  handle: WorkflowHandle,
  query: QueryDefinition<T>,
  otherwise: () => Promise<T>,
): Promise<Answer<T>> {
  if (!(await hasWorker(session))) return { by: 'history', value: await otherwise() };
  try {
    const value = await session.client.withDeadline(Date.now() + ANSWER_MS, () => handle.query(query));
    return { by: 'worker', value };
  } catch (error) {
    // No worker processed the query in time. A rejected query is another error.
    if (!(error instanceof sdk.ServiceError)) throw error;
    return { by: 'history', value: await otherwise() };
  }
}

/** Whether a worker polled for workflow tasks recently; a killed worker counts for a short time. */
async function hasWorker({ client, namespace }: Session): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: WORKFLOW_QUEUE,
  });
  const now = Date.now();
  return (pollers ?? []).some(
    ({ lastAccessTime }) => now - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLL_MS,
  );
}
