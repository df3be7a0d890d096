import { formatRange, meets } from '@parquetry/core';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  CancelledFailure,
  type ChildWorkflowFailure,
  ParentClosePolicy,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowIdReusePolicy,
  getExternalWorkflowHandle,
  patched,
  startChild,
} from '@temporalio/workflow';
import type { SharedActivities } from './contract/activities';
import { wantedRanges } from './contract/checks';
import { type RetryRequest, retry, skip } from './contract/messages';
import { ATTRIBUTES, partitionWorkflowId } from './contract/names';
import type { BackfillInput, PartitionTask } from './contract/types';
import { partition } from './partition';
import type { RunState } from './runstate';
import { endOutdated } from './steps';

/**
 * Starts a partition. A run that was reset, or terminated and restarted, may find its own children running. It keeps those
 * that execute its plan and ends the others, which would commit what an earlier plan says.
 */
export async function startPartition(
  run: string,
  input: BackfillInput,
  state: RunState,
  task: PartitionTask,
): Promise<void> {
  const plan = state.plan;
  if (plan === undefined) throw new Error('a partition needs the plan');
  state.start(task);
  const { network = plan.network } = input.spec;
  const workflowId = partitionWorkflowId(run, task.key);
  for (;;)
    try {
      const child = await startChild(partition, {
        workflowId,
        args: [{ archive: input.spec.archive, plan: plan.plan, task, onFailure: input.onFailure }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary: `${task.datasets.join(', ')} · ledgers ${formatRange(task.range)}`.slice(0, 380),
        typedSearchAttributes: [
          { key: ATTRIBUTES.run, value: run },
          { key: ATTRIBUTES.datasets, value: [...task.datasets] },
          { key: ATTRIBUTES.ledgerStart, value: task.range.start },
          { key: ATTRIBUTES.ledgerEnd, value: task.range.end },
          ...(network === undefined ? [] : [{ key: ATTRIBUTES.network, value: network }]),
        ],
      });
      // Reported at once during this run of the workflow; later closures are found by `inspect`.
      child.result().catch((error: unknown) => state.closed(task, closedAs(error)));
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Earlier versions kept every child; their histories have no marker of this patch.
      if (patched('ends-other-plans') && (await endOutdated({ workflowId, plan: plan.plan }))) continue;
      // It may have parked before this run could receive its report, and would wait forever; a running partition
      // ignores this.
      await getExternalWorkflowHandle(workflowId)
        .signal(retry)
        .catch(() => undefined);
      return;
    }
}

/** Status of a child that ended without a result, as `inspect` reports it. */
function closedAs(error: unknown): string {
  const { cause } = error as ChildWorkflowFailure;
  if (cause instanceof TerminatedFailure) return 'TERMINATED';
  if (cause instanceof TimeoutFailure) return 'TIMED_OUT';
  return cause instanceof CancelledFailure ? 'CANCELLED' : 'FAILED';
}

/** Signals `retry` to parked partitions; one whose workflow is closed is started again. */
export async function retryParked(
  run: string,
  state: RunState,
  request: RetryRequest,
): Promise<{ signalled: number; restarted: number }> {
  const wanted = wantedRanges(request);
  // A partition that is committed in parts has one task per missing part, which starts at the gap.
  const chosen = [...state.parked.values()].filter(
    ({ task: { range } }) => request.all === true || meets(range, wanted),
  );
  let signalled = 0;
  let restarted = 0;
  for (const { key, task } of chosen)
    try {
      await getExternalWorkflowHandle(partitionWorkflowId(run, key)).signal(retry);
      state.resumed(key);
      signalled += 1;
    } catch {
      if (!state.parked.delete(key)) continue;
      // Before prefetched tasks: a person waits for this one.
      state.requeue.unshift(task);
      restarted += 1;
    }
  return { signalled, restarted };
}

/** Skips parked partitions when a person ends the run. */
export async function skipParked(run: string, state: RunState): Promise<void> {
  for (const { key } of [...state.parked.values()]) {
    await getExternalWorkflowHandle(partitionWorkflowId(run, key))
      .signal(skip)
      .catch(() => undefined);
    if (state.parked.delete(key)) state.abandoned += 1;
  }
}

/** Closed children that the run counts as in flight or parked, with their status. */
export async function closedStatus(
  run: string,
  state: RunState,
  inspect: SharedActivities['inspect'],
): Promise<[PartitionTask, string][]> {
  const tasks = [...state.inflight.values(), ...[...state.parked.values()].map(({ task }) => task)];
  const ids = tasks.map((task) => partitionWorkflowId(run, task.key));
  const found = ids.length === 0 ? {} : await inspect(ids);
  return tasks.flatMap((task, index): [PartitionTask, string][] => {
    const status = found[ids[index] ?? ''];
    return status === undefined || status === 'RUNNING' ? [] : [[task, status]];
  });
}

/** ABANDON does not propagate a cancellation, so every child is cancelled by its id. */
export async function cancelChildren(run: string, state: RunState): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    for (const key of [...state.inflight.keys(), ...state.parked.keys()])
      await getExternalWorkflowHandle(partitionWorkflowId(run, key))
        .cancel()
        .catch(() => undefined);
  });
}
