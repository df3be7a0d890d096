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
  { client }: Pick<WorkerDeps, 'client'>,
  { archive, ...request }: Parameters<LeaseActivities['requestLease']>[0],
): Promise<string> {
  const workflowId = limiterOf(archive);
  const input: LimiterInput = {};
  await client.workflow.signalWithStart('limiter', {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [input],
    signal: leaseRequest,
    signalArgs: [request],
    staticSummary: `limit of the partitions at work in ${openStore(archive).uri}`,
  });
  return workflowId;
}

/**
 * Workflow id of the limiter of an archive. Ids are never encrypted, so it does not contain the archive's address. It is
 * the same without encryption: otherwise there would be two limits while encryption is switched on.
 */
export function limiterOf(archive: string): string {
  return limiterId(createHash('sha256').update(openStore(archive).uri).digest('hex').slice(0, 16));
}
