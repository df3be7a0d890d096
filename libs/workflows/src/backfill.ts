import { type LedgerRange, ParquetryError, formatRange } from '@parquetry/core';
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { cancelChildren, closedStatus, retryParked, skipParked, startPartition } from './children';
import {
  type RetryRequest,
  finish,
  partitionReport,
  pause,
  progress,
  resume,
  retryPartitions,
  setConcurrency,
} from './contract/messages';
import { concurrencyFault, missedFault, readReport, retryFault } from './contract/checks';
import { PAGE } from './contract/names';
import type {
  BackfillInput,
  BackfillResult,
  DatasetSummary,
  PartitionReport,
  QuietTimes,
  StepFault,
} from './contract/types';
import { backfillDetails } from './details';
import { describeFailure } from './failure';
import { assertInput } from './input';
import { lostFault } from './lost';
import { RunState } from './runstate';
import { inspect, nextPartitions, planRun, summarize } from './steps';

const STARTS_PER_RUN = 300;
const QUIET: QuietTimes = { working: 60_000, waiting: 600_000 };

/** Counts a report. A malformed one, sent by hand, must not fail the workflow task forever. */
function countReport(state: RunState, payload: PartitionReport): void {
  const report = readReport(payload);
  if (report !== undefined) state.count(report);
  else log.warn('ignored a malformed report', { report: payload });
}

/** Runs a bookkeeping step of the run; undefined when it failed. The partitions continue. */
async function keepBooks<T>(state: RunState, step: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await work();
    state.faults.clear(step);
    return result;
  } catch (error) {
    if (isCancellation(error)) throw error;
    state.faults.add(describeFailure(error, 'the run', step));
    return undefined;
  }
}

/**
 * A ledger range in partitions, a bounded number of them at once. Children report by signal; parked ones leave the
 * window but keep the run open. State and history stay bounded for any number of partitions.
 */
export async function backfill(input: BackfillInput): Promise<BackfillResult> {
  assertInput('backfill', input);
  const run = workflowInfo().workflowId;
  const { spec } = input;
  const state = new RunState(input);
  const { working, waiting } = input.quiet ?? QUIET;
  setHandler(partitionReport, (report) => countReport(state, report), {
    description: 'Internal: a partition reports its outcome',
  });
  setHandler(pause, () => state.set({ paused: true }), {
    description: 'Stop starting partitions; running ones finish',
  });
  setHandler(
    resume,
    () => {
      state.faults.release();
      state.set({ paused: false });
    },
    { description: 'Resume starting partitions, also after an error of the run itself' },
  );
  setHandler(finish, () => state.set({ finishing: true }), {
    description: 'End the run when its running partitions finish; parked ones are skipped',
  });
  setHandler(setConcurrency, (value) => (state.concurrency = value), {
    description: 'Partitions in flight, a whole number from 1 to 500',
    validator: (value) => {
      const fault = concurrencyFault(value);
      if (fault !== undefined) throw new ParquetryError('USAGE', `${fault}.`);
    },
  });
  const retryAgain = (request: RetryRequest): ReturnType<typeof retryParked> => {
    state.faults.release();
    return retryParked(run, state, request);
  };
  setHandler(retryPartitions, retryAgain, {
    description:
      'Run parked partitions again: {"all": true}, {"starts": [ledger, …]} or {"ranges": [{"start": …, "end": …}, …]}',
    validator: (request) => {
      const parked = (): LedgerRange[] => [...state.parked.values()].map(({ task }) => task.range);
      const fault = retryFault(request) ?? missedFault(request, parked());
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
    const planned = state.plan ?? state.planned(await planRun(spec));
    const plan = { archive: spec.archive, plan: planned.plan };
    let started = 0;
    const full = (): boolean =>
      started >= (input.startsPerRun ?? STARTS_PER_RUN) || workflowInfo().continueAsNewSuggested;
    const room = (): boolean =>
      !state.paused &&
      !state.finishing &&
      state.more() &&
      (state.requeue.length > 0 || !state.faults.holds('nextPartitions')) &&
      state.inflight.size < state.concurrency &&
      state.parked.size < input.maxParked;
    const over = (): boolean =>
      state.inflight.size === 0 &&
      (state.finishing || (!state.more() && state.parked.size === 0)) &&
      !state.faults.holds('summarize');
    // A run that is ending, or that fails instead of waiting, does not wait for a person here either.
    const fatal = (): StepFault | undefined =>
      state.inflight.size === 0 && (state.finishing || input.onFailure === 'fail')
        ? state.faults.final
        : undefined;

    let datasets: readonly DatasetSummary[] | undefined;
    for (;;) {
      show();
      if (over()) {
        if (state.finishing) await skipParked(run, state);
        datasets = await keepBooks(state, 'summarize', () => summarize(plan));
        if (datasets !== undefined) break;
        show();
      }
      if (full()) {
        await condition(allHandlersFinished);
        await makeContinueAsNewFunc<typeof backfill>()({ ...input, carry: state.carry() });
      }
      if (room()) {
        const wanted = Math.min(PAGE, state.concurrency - state.inflight.size);
        if (state.requeue.length === 0) {
          // Fetches a page ahead of the free slots, so that one read of the log serves many starts. The partition's
          // commit handles what another run commits meanwhile.
          const { cursor } = state;
          const next = await keepBooks(state, 'nextPartitions', () =>
            nextPartitions({ ...plan, cursor, limit: PAGE }),
          );
          if (next === undefined) continue;
          state.page(next);
        }
        const batch = state.requeue.splice(0, wanted);
        started += batch.length;
        await Promise.all(batch.map((task) => startPartition(run, input, state, task)));
        continue;
      }
      const fault = fatal();
      if (fault !== undefined)
        throw ApplicationFailure.nonRetryable(`${fault.step}: ${fault.message}`, fault.code, {
          ...(fault.hint === undefined ? {} : { hint: fault.hint }),
          failed: state.failed,
        });
      if (
        await condition(
          () => room() || over() || full() || fatal() !== undefined,
          state.inflight.size > 0 || state.faults.waiting ? working : waiting,
        )
      )
        continue;
      const closed = await keepBooks(state, 'inspect', () => closedStatus(run, state, inspect));
      for (const [task, status] of closed ?? []) state.closed(task, status);
      state.faults.passed();
    }
    state.phase = 'finished';
    show();
    if (state.failedCount > 0)
      throw ApplicationFailure.nonRetryable(
        `${state.failedCount} of ${state.progress().total} partitions failed; ${state.failed[0]?.reason ?? ''}`,
        'PARTITIONS_FAILED',
        { failed: state.failed, datasets },
      );
    const lost = lostFault(spec.range, datasets, state.abandoned === 0 && !state.finishing);
    // Earlier versions completed such a run; their histories have no marker of this patch.
    if (lost !== undefined && patched('lost-data-fails'))
      throw ApplicationFailure.nonRetryable(lost.message, lost.code, {
        ...lost.details,
        ...(lost.hint === undefined ? {} : { hint: lost.hint }),
        datasets,
      });
    return state.result(spec.range, datasets);
  } catch (error) {
    if (isCancellation(error)) {
      setCurrentDetails(
        `Cancelled. Partitions of ${formatRange(spec.range)} that were not committed remain gaps.`,
      );
      await cancelChildren(run, state);
    }
    throw error;
  }
}
