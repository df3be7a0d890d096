import { ParquetryError, formatRange } from '@parquetry/core';
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { cancelChildren, closedStatus, retryParked, skipParked, startPartition } from './children';
import {
  finish,
  partitionReport,
  pause,
  progress,
  resume,
  retryPartitions,
  setConcurrency,
} from './contract/messages';
import { isReport, retryFault } from './contract/checks';
import type { BackfillInput, BackfillResult, PartitionReport } from './contract/types';
import { backfillDetails } from './details';
import { RunState } from './runstate';
import { inspect, nextPartitions, planRun, summarize } from './steps';

const STARTS_PER_RUN = 300;
/** Partitions asked for at a time, and most that are started at a time. */
const PAGE = 50;
/** Quiet time after which the run looks for children that closed without a report: at work, and only waiting. */
const QUIET = { working: '1m', waiting: '10m' } as const;

/** Counts a report. One that a person sent by hand and that is none must not fail the workflow's task for ever. */
function countReport(state: RunState, report: PartitionReport): void {
  if (isReport(report)) state.count(report);
  else log.warn('a report that is none was ignored', { report });
}

/**
 * A ledger range in partitions, a bounded number of them at once. Children report by signal; parked ones leave the
 * window but keep the run open. State and history stay bounded whatever the number of partitions.
 */
export async function backfill(input: BackfillInput): Promise<BackfillResult> {
  const run = workflowInfo().workflowId;
  const { spec } = input;
  const state = new RunState(input);
  setHandler(partitionReport, (report) => countReport(state, report), {
    description: 'Internal: a partition reports its outcome',
  });
  setHandler(pause, () => state.set({ paused: true }), {
    description: 'Start no more partitions; running ones end',
  });
  setHandler(resume, () => state.set({ paused: false }), { description: 'Start partitions again' });
  setHandler(finish, () => state.set({ finishing: true }), {
    description: 'End the run when its running partitions end; parked ones are given up',
  });
  setHandler(setConcurrency, (value) => (state.concurrency = value), {
    description: 'Partitions in flight, a whole number from 1 to 500',
    validator: (value) => {
      if (!Number.isInteger(value) || value < 1 || value > 500)
        throw new ParquetryError(
          'USAGE',
          `Concurrency is a whole number from 1 to 500, not ${JSON.stringify(value)}.`,
        );
    },
  });
  setHandler(retryPartitions, (request) => retryParked(run, state, request), {
    description: 'Run parked partitions again: {"all": true} or {"starts": [ledger, …]}',
    validator: (request) => {
      const fault = retryFault(request);
      if (fault !== undefined) throw new ParquetryError('USAGE', `${fault}.`);
    },
  });
  setHandler(progress, () => state.progress(), {
    description: 'Counts of the run and its parked partitions',
  });

  const show = (): void => setCurrentDetails(backfillDetails(run, spec.range, state.progress()));
  state.onChange = show;
  show();
  try {
    if (state.plan === undefined) {
      state.plan = await planRun(spec);
      state.cursor = spec.range.start;
    }
    const plan = { archive: spec.archive, plan: state.plan.plan };
    let started = 0;
    const full = (): boolean =>
      started >= (input.startsPerRun ?? STARTS_PER_RUN) || workflowInfo().continueAsNewSuggested;
    const room = (): boolean =>
      !state.paused &&
      !state.finishing &&
      state.more() &&
      state.inflight.size < state.concurrency &&
      state.parked.size < input.maxParked;
    const over = (): boolean =>
      state.inflight.size === 0 && (state.finishing || (!state.more() && state.parked.size === 0));

    for (;;) {
      show();
      if (over()) break;
      if (full()) {
        await condition(allHandlersFinished);
        await makeContinueAsNewFunc<typeof backfill>()({ ...input, carry: state.carry() });
      }
      if (room()) {
        const wanted = Math.min(PAGE, state.concurrency - state.inflight.size);
        if (state.requeue.length === 0) {
          // A page ahead of what there is room for: one look at the log serves many starts. What another run commits
          // in between is met again by the partition's own commit.
          const next = await nextPartitions({ ...plan, cursor: state.cursor, limit: PAGE });
          state.cursor = next.cursor;
          state.skipped += next.skipped;
          state.requeue.push(...next.tasks);
        }
        const batch = state.requeue.splice(0, wanted);
        started += batch.length;
        await Promise.all(batch.map((task) => startPartition(run, input, state, task)));
        continue;
      }
      if (
        await condition(
          () => room() || over() || full(),
          state.inflight.size > 0 ? QUIET.working : QUIET.waiting,
        )
      )
        continue;
      for (const [task, status] of await closedStatus(run, state, inspect)) state.closed(task, status);
    }
    if (state.finishing) await skipParked(run, state);
    const datasets = await summarize(plan);
    state.phase = 'finished';
    show();
    if (state.failedCount > 0)
      throw ApplicationFailure.nonRetryable(
        `${state.failedCount} of ${state.plan.partitions} partitions failed; ${state.failed[0]?.reason ?? ''}`,
        'PARTITIONS_FAILED',
        { failed: state.failed, datasets },
      );
    return state.result(spec.range, datasets);
  } catch (error) {
    if (isCancellation(error)) {
      setCurrentDetails(
        `Cancelled. Partitions of ${formatRange(spec.range)} that were not committed stay gaps.`,
      );
      await cancelChildren(run, state);
    }
    throw error;
  }
}
