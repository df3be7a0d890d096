import { ParquetryError } from '@parquetry/core';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { attemptDatasets } from './attempt';
import { pause, resume, retry } from './contract/messages';
import { ATTRIBUTES } from './contract/names';
import { EMPTY_TALLY, addTally } from './contract/tally';
import {
  type CutResult,
  type TailInput,
  type TailResult,
  policyFault,
  setFlushPolicy,
  stop,
  tailProgress,
} from './contract/tail';
import type { DatasetFailure } from './contract/types';
import { tailDetails } from './taildetails';
import { gaugeLag } from './tailmetrics';
import { describeFailure } from './failure';
import { assertInput } from './input';
import { withLease } from './lease';
import { noteParked } from './parknote';
import { cut, openTail } from './steps';
import { type Flush, TailState } from './tailstate';

/** With ten datasets a flush makes about 200 events. */
const FLUSHES_PER_RUN = 20;

/**
 * Processes new ledgers continuously: `cut` decides a range, then the steps of a partition run on it. A failed step
 * parks the tail: it shows the reason and waits for `retry` or `stop`.
 */
export async function tail(input: TailInput): Promise<TailResult> {
  assertInput('tail', input);
  const state = new TailState(input);
  setMessages(state);
  const show = (steps?: ReadonlyMap<string, string>): void => {
    const progress = state.progress();
    setCurrentDetails(tailDetails(workflowInfo().workflowId, progress, state.flushing, steps));
    gaugeLag(progress);
  };
  show();
  if (state.start === undefined) {
    state.start = await openTail({ spec: input.spec, from: input.from, lag: input.lag });
    state.cursor = state.start.cursor;
  }
  const { start } = state;
  state.phase = 'waiting';
  let flushes = 0;
  for (;;) {
    show();
    if (state.stopping || state.over) break;
    if (flushes >= (input.flushesPerRun ?? FLUSHES_PER_RUN) || workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await makeContinueAsNewFunc<typeof tail>()({ ...input, carry: state.carry() });
    }
    if (state.paused) {
      await condition(() => !state.paused || state.stopping);
      continue;
    }
    let found: CutResult | undefined;
    try {
      found = await untilTold(state, () => cut(state.request(start)));
    } catch (error) {
      if (isCancellation(error)) throw error;
      await park(state, [describeFailure(error, 'the tail', 'cut')], show);
      continue;
    }
    if (found === undefined) continue;
    if (found.kind === 'skip') state.skip(found.cursor);
    else state.saw(found.tip, found.kind === 'wait' ? found.since : undefined);
    if (found.kind !== 'flush') continue;
    state.phase = 'flushing';
    state.flushing = found.task.range;
    flushes += 1;
    await commitFlush(input, state, found, show);
    state.phase = 'waiting';
    state.flushing = undefined;
  }
  state.phase = 'finished';
  show();
  return state.result();
}

function setMessages(state: TailState): void {
  const tell = (change: () => void) => (): void => {
    change();
    state.messages += 1;
  };
  setHandler(
    pause,
    tell(() => (state.paused = true)),
    { description: 'Pause after the current flush' },
  );
  setHandler(
    resume,
    tell(() => (state.paused = false)),
    { description: 'Resume after a pause' },
  );
  setHandler(
    stop,
    tell(() => (state.stopping = true)),
    {
      description: 'End the tail after the current flush; `--from committed` continues from there later',
    },
  );
  // A reset reapplies old signals at the start: they count only while the tail is parked.
  setHandler(retry, () => void (state.retried = state.failures.length > 0), {
    description: 'Continue after a failure: what failed runs again',
  });
  setHandler(
    setFlushPolicy,
    (change) => {
      state.policy = { ...state.policy, ...change };
      state.messages += 1;
      return state.policy;
    },
    {
      description:
        'Change when a flush ends: {"maxRows": 10000, "maxBytes": 64000000, "maxFileBytes": 256000000, "maxAgeSeconds": 600}, or a part of it',
      validator: (change) => {
        const fault = policyFault(change);
        if (fault !== undefined) throw new ParquetryError('USAGE', `${fault}.`);
      },
    },
  );
  setHandler(tailProgress, () => state.progress(), {
    description: 'Position, lag and counts of the tail',
  });
}

/** Runs a watching step, and cancels it when a person sends a message: then undefined. */
async function untilTold<T>(state: TailState, step: () => Promise<T>): Promise<T | undefined> {
  const { messages } = state;
  const watch = new CancellationScope();
  const waiting = new CancellationScope();
  try {
    const result = watch.run(step);
    const news = waiting.run(() => condition(() => state.messages !== messages)).then(() => undefined);
    result.catch(() => undefined);
    news.catch(() => undefined);
    return await Promise.race([result, news]);
  } finally {
    watch.cancel();
    waiting.cancel();
  }
}

/** Runs the steps of a partition for a flush; a failure parks the tail and runs again on `retry`. */
async function commitFlush(
  { spec }: TailInput,
  state: TailState,
  flush: Flush,
  show: (steps?: ReadonlyMap<string, string>) => void,
): Promise<void> {
  const partition = { archive: spec.archive, plan: flush.plan, task: flush.task, onFailure: 'park' } as const;
  let pending = flush.task.datasets;
  let tally = EMPTY_TALLY;
  let largest = 0;
  for (;;) {
    const steps = new Map(pending.map((dataset) => [dataset, 'waiting']));
    const onStep = (dataset: string, step: string): void => {
      steps.set(dataset, step);
      show(steps);
    };
    const result = await withLease(
      partition,
      (why) => pending.forEach((dataset) => onStep(dataset, why)),
      () => attemptDatasets(partition, pending, onStep),
    );
    tally = addTally(tally, result.tally);
    largest = Math.max(largest, result.largest);
    const { failures } = result;
    if (failures.length === 0) return state.flushed(flush, tally, largest);
    await park(state, failures, show);
    if (state.stopping) return;
    // Ledgers of another writer stay committed: cut again around them.
    if (failures.every(({ code }) => code === 'COMMIT_CONFLICT')) return;
    pending = failures.map(({ dataset }) => dataset);
  }
}

/** Parks the tail: waits for `retry` or `stop`. */
async function park(state: TailState, failures: readonly DatasetFailure[], show: () => void): Promise<void> {
  state.failures = failures;
  state.retried = false;
  upsertSearchAttributes([{ key: ATTRIBUTES.state, value: 'Parked' }]);
  noteParked({ failures });
  show();
  await condition(() => state.retried || state.stopping);
  state.failures = [];
  upsertSearchAttributes([{ key: ATTRIBUTES.state, value: null }]);
  show();
}
