import { openStore } from '@parquetry/storage';
import {
  type LeaseActivities,
  type LimiterInput,
  TASK_QUEUE,
  leaseRequest,
  limiterId,
} from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';

/** See `LeaseActivities.requestLease`. */
export async function requestLease(
  { client }: Pick<WorkerDeps, 'client'>,
  { archive, ...request }: Parameters<LeaseActivities['requestLease']>[0],
): Promise<string> {
  const workflowId = limiterId(openStore(archive).uri);
  const input: LimiterInput = {};
  await client.workflow.signalWithStart('limiter', {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [input],
    signal: leaseRequest,
    signalArgs: [request],
    staticSummary: 'limit of the partitions at work',
  });
  return workflowId;
}
