import type { Connected } from './connect';
import { sdk } from './sdk';

const { TASK_QUEUE_TYPE_WORKFLOW } = sdk.TaskQueueType;

/** A worker that polled a task queue in the last minutes. */
export interface Poller {
  readonly identity: string;
  /** Build id of a versioned worker. */
  readonly version: string | undefined;
  /** Deployment of a versioned worker. */
  readonly deployment?: string;
}

/** The workers that take workflow tasks from a task queue. */
export async function pollersOf(
  { connection, namespace }: Pick<Connected, 'connection' | 'namespace'>,
  taskQueue: string,
): Promise<Poller[]> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
  });
  return (pollers ?? []).map(({ identity, deploymentOptions, workerVersionCapabilities }) => ({
    identity: identity ?? '',
    version:
      deploymentOptions?.buildId ||
      // Without versioning the SDK reports the hash of the workflow code here.
      (workerVersionCapabilities?.useVersioning === true && workerVersionCapabilities.buildId) ||
      undefined,
    ...(deploymentOptions?.buildId && deploymentOptions.deploymentName
      ? { deployment: deploymentOptions.deploymentName }
      : {}),
  }));
}
