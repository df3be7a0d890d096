import type { NextPartitions, PlanResult } from './contract/activities';
import type { CutRequest, CutResult, SourceTip, TailInput, TailProgress, TailStart } from './contract/tail';
import { EMPTY_TALLY, addTally } from './contract/tally';
import type {
  BackfillInput,
  BackfillProgress,
  DatasetFailure,
  PartitionInput,
  PartitionReport,
  Tally,
} from './contract/types';
import type { RunHistory } from './history';
import { RunState } from './runstate';
import { TailState } from './tailstate';

/** Bookkeeping steps of a run. A run with a failed one waits and has not ended. */
const BOOKS = ['nextPartitions', 'inspect', 'summarize'];

/**
 * Progress of a backfill from its history, computed as the workflow does: what the query `progress` would return after
 * the last reported event.
 */
export function foldBackfill({ input, events, result }: RunHistory): BackfillProgress {
  const state = new RunState(input as BackfillInput);
  for (const event of events) {
    if (event.kind === 'failed') {
      const { activity: step, code, message } = event;
      if (BOOKS.includes(step)) state.faults.add({ step, code, message });
    } else if (event.kind === 'completed') state.faults.clear(event.activity);
    if (event.kind === 'completed' && event.activity === 'planRun') state.planned(event.value as PlanResult);
    else if (event.kind === 'completed' && event.activity === 'nextPartitions')
      state.page(event.value as NextPartitions);
    else if (event.kind === 'child') {
      const { task } = event.value as PartitionInput;
      const waiting = state.requeue.findIndex(({ key }) => key === task.key);
      if (waiting >= 0) state.requeue.splice(waiting, 1);
      state.parked.delete(task.key);
      state.inflight.set(task.key, task);
    } else if (event.kind === 'signal') {
      if (event.name === 'partitionReport') state.count(event.value as PartitionReport);
      if (event.name === 'pause' || event.name === 'resume') state.paused = event.name === 'pause';
      if (event.name === 'resume') state.faults.release();
      if (event.name === 'finish') state.finishing = true;
    } else if (event.kind === 'update' && event.name === 'setConcurrency')
      state.concurrency = event.value as number;
    else if (event.kind === 'update' && event.name === 'retryPartitions') state.faults.release();
  }
  if (result !== undefined) state.phase = 'finished';
  return state.progress();
}

/** The first ledger of a tail; undefined while it is being opened. */
export function tailStart({ input, events }: RunHistory): number | undefined {
  const opened = events.find((event) => event.kind === 'completed' && event.activity === 'openTail');
  const start = (input as TailInput).carry?.start ?? (opened?.value as TailStart | undefined);
  return start?.cursor;
}

/** Results of the steps of a flush. */
type Committed = Partial<Tally>;

/**
 * Progress of a tail from its history. `tip` is from the last heartbeat of the step that watches the source; `parked`:
 * its search attribute says that it is parked.
 */
export function foldTail(
  { input, events, result }: RunHistory,
  { tip, parked = false }: { readonly tip?: SourceTip; readonly parked?: boolean } = {},
): TailProgress {
  const state = new TailState(input as TailInput);
  let flush: Extract<CutResult, { kind: 'flush' }> | undefined;
  let tally: Tally = EMPTY_TALLY;
  const failures: DatasetFailure[] = [];
  const settle = (cursor: number): void => {
    if (flush !== undefined && cursor > flush.task.range.end) state.flushed(flush, tally);
    flush = undefined;
    tally = EMPTY_TALLY;
    state.flushing = undefined;
  };
  if (state.start !== undefined) state.phase = 'waiting';
  for (const event of events)
    if (event.kind === 'completed' && event.activity === 'openTail') {
      state.start = event.value as TailStart;
      state.cursor = state.start.cursor;
      state.phase = 'waiting';
    } else if (event.kind === 'scheduled' && event.activity === 'cut') {
      settle((event.value as CutRequest).cursor);
      failures.length = 0;
      state.phase = 'waiting';
    } else if (event.kind === 'completed' && event.activity === 'cut') {
      const found = event.value as CutResult;
      if (found.kind === 'skip') state.skip(found.cursor);
      else state.saw(found.tip, undefined);
      if (found.kind === 'flush') {
        flush = found;
        state.flushing = found.task.range;
        state.phase = 'flushing';
      }
    } else if (event.kind === 'failed') {
      const { dataset = 'the tail' } = event.value as { readonly dataset?: string };
      const { activity: step, code, message } = event;
      failures.push({ dataset, step, code, message });
    } else if (event.kind === 'completed' && event.activity === 'commit')
      tally = addTally(tally, pick(event.value as Committed));
    else if (event.kind === 'signal' && (event.name === 'pause' || event.name === 'resume'))
      state.paused = event.name === 'pause';
    else if (event.kind === 'signal' && event.name === 'stop') state.stopping = true;
    else if (event.kind === 'signal' && event.name === 'retry') failures.length = 0;
    else if (event.kind === 'update' && event.name === 'setFlushPolicy')
      state.policy = { ...state.policy, ...(event.value as object) };
  if (result !== undefined) {
    settle((result as { cursor: number }).cursor);
    state.phase = 'finished';
  }
  if (tip !== undefined) state.saw(tip, undefined);
  if (parked) state.failures = failures;
  return state.progress();
}

/** A commit's counts, without its version and notes. */
function pick({ files = 0, rows = 0, bytes = 0, rejected = 0 }: Committed): Committed {
  return { files, rows, bytes, rejected };
}
