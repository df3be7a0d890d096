import {
  type BackfillInput,
  type BackfillProgress,
  type CutRequest,
  type CutResult,
  type DatasetFailure,
  type NextPartitions,
  type PartitionInput,
  type PartitionReport,
  type PlannedRun,
  RunState,
  type SourceTip,
  type TailInput,
  type TailProgress,
  TailState,
  type TailStart,
  type Tally,
  addTally,
  EMPTY_TALLY,
} from '@parquetry/workflows';
import type { RunHistory } from './history';

/** Steps of a run's own bookkeeping. A run that could not do one waits, and is not over. */
const BOOKS = ['nextPartitions', 'inspect', 'summarize'];

/**
 * Progress of a backfill from its history, folded as the workflow itself folds it: what the query `progress` would
 * answer, as of the last thing that was reported.
 */
export function foldBackfill({ input, happenings, result }: RunHistory): BackfillProgress {
  const run = input as BackfillInput;
  const state = new RunState(run);
  for (const happening of happenings) {
    if (happening.kind === 'failed') {
      const { activity: step, code, message } = happening;
      if (BOOKS.includes(step)) state.faults.add({ step, code, message });
    } else if (happening.kind === 'completed') state.faults.clear(happening.activity);
    if (happening.kind === 'completed' && happening.activity === 'planRun') {
      state.plan = happening.value as PlannedRun;
      state.cursor = run.spec.range.start;
    } else if (happening.kind === 'completed' && happening.activity === 'nextPartitions')
      state.page(happening.value as NextPartitions);
    else if (happening.kind === 'child') {
      const { task } = happening.value as PartitionInput;
      const waiting = state.requeue.findIndex(({ key }) => key === task.key);
      if (waiting >= 0) state.requeue.splice(waiting, 1);
      state.parked.delete(task.key);
      state.inflight.set(task.key, task);
    } else if (happening.kind === 'signal') {
      if (happening.name === 'partitionReport') state.count(happening.value as PartitionReport);
      if (happening.name === 'pause' || happening.name === 'resume')
        state.paused = happening.name === 'pause';
      if (happening.name === 'resume') state.faults.release();
      if (happening.name === 'finish') state.finishing = true;
    } else if (happening.kind === 'update' && happening.name === 'setConcurrency')
      state.concurrency = happening.value as number;
    else if (happening.kind === 'update' && happening.name === 'retryPartitions') state.faults.release();
  }
  if (result !== undefined) state.phase = 'finished';
  return state.progress();
}

/** The first ledger that a tail took or will take; undefined while it is being opened. */
export function tailStart({ input, happenings }: RunHistory): number | undefined {
  const opened = happenings.find(
    (happening) => happening.kind === 'completed' && happening.activity === 'openTail',
  );
  const start = (input as TailInput).carry?.start ?? (opened?.value as TailStart | undefined);
  return start?.cursor;
}

/** What the steps of a flush reported. */
type Committed = Partial<Tally>;

/**
 * Progress of a tail from its history. `tip` is what the step that watches the source said last in its heartbeat;
 * `parked`: its search attribute says that it waits for a person.
 */
export function foldTail(
  { input, happenings, result }: RunHistory,
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
  for (const happening of happenings)
    if (happening.kind === 'completed' && happening.activity === 'openTail') {
      state.start = happening.value as TailStart;
      state.cursor = state.start.cursor;
      state.phase = 'waiting';
    } else if (happening.kind === 'scheduled' && happening.activity === 'cut') {
      settle((happening.value as CutRequest).cursor);
      failures.length = 0;
      state.phase = 'waiting';
    } else if (happening.kind === 'completed' && happening.activity === 'cut') {
      const found = happening.value as CutResult;
      if (found.kind === 'skip') state.skip(found.cursor);
      else state.saw(found.tip, undefined);
      if (found.kind === 'flush') {
        flush = found;
        state.flushing = found.task.range;
        state.phase = 'flushing';
      }
    } else if (happening.kind === 'failed') {
      const { dataset = 'the tail' } = happening.value as { readonly dataset?: string };
      const { activity: step, code, message } = happening;
      failures.push({ dataset, step, code, message });
    } else if (happening.kind === 'completed' && happening.activity === 'commit')
      tally = addTally(tally, pick(happening.value as Committed));
    else if (happening.kind === 'signal' && (happening.name === 'pause' || happening.name === 'resume'))
      state.paused = happening.name === 'pause';
    else if (happening.kind === 'signal' && happening.name === 'stop') state.stopping = true;
    else if (happening.kind === 'signal' && happening.name === 'retry') failures.length = 0;
    else if (happening.kind === 'update' && happening.name === 'setFlushPolicy')
      state.policy = { ...state.policy, ...(happening.value as object) };
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
