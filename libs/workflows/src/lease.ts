import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { leaseGranted, leaseRelease } from './contract/lease';
import type { PartitionInput } from './contract/types';
import { requestLease } from './steps';

/**
 * A request is repeated after this time without an answer, because a person may have terminated the limiter. The time
 * doubles up to the longest one, so that a wait of hours adds few events to the history.
 */
const REPEAT_MS = { first: 120_000, longest: 1_800_000 };

/**
 * Runs `work` when the limit of its archive allows it; at once when there is no limit.
 * @param onWait receives a sentence that says what the workflow waits for
 */
export async function withLease<T>(
  { archive, task: { limit } }: Pick<PartitionInput, 'archive' | 'task'>,
  onWait: (why: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  if (limit === undefined) return work();
  onWait(`waiting: at most ${limit} partitions of this archive are at work`);
  const token = uuid4();
  let granted = false;
  setHandler(leaseGranted, (given) => void (granted ||= given === token), {
    description: 'Internal: the limiter of the archive grants a lease',
  });
  const holder = workflowInfo().workflowId;
  let limiter: string | undefined;
  try {
    let wait = REPEAT_MS.first;
    do {
      limiter = await requestLease({ archive, holder, token, limit });
      if (await condition(() => granted, wait)) break;
      wait = Math.min(2 * wait, REPEAT_MS.longest);
    } while (!granted);
    return await work();
  } finally {
    const id = limiter;
    if (id !== undefined)
      await CancellationScope.nonCancellable(() =>
        getExternalWorkflowHandle(id).signal(leaseRelease, token),
      ).catch(() => undefined);
  }
}
