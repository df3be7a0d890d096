import type { BackfillProgress, PaceSample } from '@parquetry/workflows';

/** Samples without which the time of a partition is a guess. */
const ENOUGH = 4;
/** A sample that took this many times the median was interrupted: its worker was away. */
const OUTLIER = 5;

/** Milliseconds that a partition takes: `each`, and `perUnit` of its amount of work. */
interface Cost {
  readonly each: number;
  readonly perUnit: number;
}

/** The part of a run's work that is done, 0 to 1. */
export function shareDone({ pace, phase }: BackfillProgress): number {
  if (pace === undefined) return 0;
  if (pace.amount === 0) return phase === 'planning' ? 0 : 1;
  return Math.min(1, pace.settled / pace.amount);
}

/**
 * Seconds until the run has nothing left that can run; parked partitions do not count. Undefined while no partition is
 * done.
 */
export function secondsLeft(progress: BackfillProgress): number | undefined {
  const { pace, phase, running, concurrency, done } = progress;
  if (pace === undefined || phase !== 'running') return undefined;
  const tasks = Math.max(running, pace.tasks - done - progress.abandoned - progress.failed - progress.parked);
  const amount = Math.max(0, pace.amount - pace.settled - pace.parked);
  const cost = costOf(warm(pace.samples, done, concurrency));
  if (cost === undefined) return undefined;
  if (tasks === 0) return 0;
  const whole = tasks * cost.each + amount * cost.perUnit;
  // The partitions in flight are half done, on average; but at the end the last one runs alone.
  const left = whole - whole / tasks / 2;
  return left / Math.min(concurrency, tasks) / 1000;
}

/** Without the first partitions of a run, which also start the worker's engines, as soon as there are others. */
function warm(samples: readonly PaceSample[], done: number, concurrency: number): readonly PaceSample[] {
  const cold = Math.max(0, concurrency - (done - samples.length));
  return samples.slice(Math.min(cold, Math.max(0, samples.length - ENOUGH)));
}

/**
 * Fits the cost of a partition to samples. Partitions of about the same amount cannot tell what an amount costs, so
 * that all of their time counts as proportional to it.
 */
function costOf(all: readonly PaceSample[]): Cost | undefined {
  if (all.length === 0) return undefined;
  const samples = withoutInterrupted(all);
  const mean = (pick: (sample: PaceSample) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const ms = mean((sample) => sample[0]);
  const amount = mean((sample) => sample[1]);
  if (amount === 0) return { each: ms, perUnit: 0 };
  const proportional = { each: 0, perUnit: ms / amount };
  const spread = mean((sample) => (sample[1] - amount) ** 2);
  if (samples.length < ENOUGH || spread < (amount / 10) ** 2) return proportional;
  const perUnit = mean((sample) => (sample[0] - ms) * (sample[1] - amount)) / spread;
  const each = ms - perUnit * amount;
  if (perUnit < 0) return { each: ms, perUnit: 0 };
  return each < 0 ? proportional : { each, perUnit };
}

/** Without samples that took much longer than the others, also for their amount. */
function withoutInterrupted(all: readonly PaceSample[]): readonly PaceSample[] {
  const perUnit = ([ms, amount]: PaceSample): number => ms / Math.max(1, amount);
  const mostMs = OUTLIER * median(all.map(([ms]) => ms));
  const mostPerUnit = OUTLIER * median(all.map(perUnit));
  return all.filter((sample) => sample[0] <= mostMs || perUnit(sample) <= mostPerUnit);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
