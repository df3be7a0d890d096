import { type QueryDefinition, ServiceError, type WorkflowHandle } from '@temporalio/client';
import { TASK_QUEUE } from '@parquetry/workflows';
import type { Session } from './session';

/** A workflow that is asked answers within this time, unless its worker is gone. */
const ANSWER_MS = 6_000;
/** A worker asks for work at least this often. */
const POLL_MS = 75_000;
const WORKFLOW_QUEUE = 1;

/** An answer, and who gave it. */
export interface Answer<T> {
  readonly by: 'worker' | 'history';
  readonly value: T;
}

/** Asks a workflow; when no worker answers, `otherwise` says what can be known without one. */
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
    // A query that is refused comes as another error; this one says that no worker took it in time.
    if (!(error instanceof ServiceError)) throw error;
    return { by: 'history', value: await otherwise() };
  }
}

/** Whether a worker asked for workflow tasks a short time ago; one that was killed is seen for a while yet. */
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
