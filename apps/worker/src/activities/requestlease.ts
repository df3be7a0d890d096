import { createHash } from 'node:crypto';
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
  { client, encrypts = false }: Pick<WorkerDeps, 'client'> & Partial<Pick<WorkerDeps, 'encrypts'>>,
  { archive, ...request }: Parameters<LeaseActivities['requestLease']>[0],
): Promise<string> {
  const { uri } = openStore(archive);
  const name = encrypts ? createHash('sha256').update(uri).digest('hex').slice(0, 16) : uri;
  const workflowId = limiterId(name);
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
