import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import {
  type BackfillInput,
  type BackfillProgress,
  type PartitionTask,
  type PlannedWork,
  RunState,
} from '@parquetry/workflows';
import { secondsLeft, shareDone } from './estimate';

/** Real runs, recorded with `node tools/record-pace.mjs`. */
const FOLDER = path.resolve(__dirname, '../../../../tests/fixtures/pace');

interface Recording {
  readonly range: { readonly start: number; readonly end: number };
  readonly concurrency: number;
  readonly partitions: number;
  readonly work: PlannedWork;
  /** First ledger, last ledger, began, ended: milliseconds since the first one began. */
  readonly tasks: readonly (readonly [number, number, number, number])[];
}

/** Runs a recording through the state of a run; calls `look` after each partition that ends. */
function play(recording: Recording, look: (progress: BackfillProgress, secondsToEnd: number) => void): void {
  const { range, concurrency, partitions, work, tasks } = recording;
  jest.useFakeTimers({ now: 0 });
  try {
    const input = {
      spec: { range },
      concurrency,
      maxParked: 50,
      onFailure: 'park',
    } as unknown as BackfillInput;
    const state = new RunState(input);
    state.planned({ plan: 'p', datasets: ['a'], partitions, unusable: 0, filtered: 0, bytesRead: 0, work });
    const end = Math.max(...tasks.map(([, , , ended]) => ended));
    const events = tasks.flatMap(([start, last, began, ended]) => {
      const task: PartitionTask = { key: String(start), range: { start, end: last }, datasets: ['a'] };
      return [
        { at: began, ends: false, happen: () => state.start(task) },
        { at: ended, ends: true, happen: () => state.count({ key: task.key, outcome: 'done' }) },
      ];
    });
    for (const { at, ends, happen } of events.sort((a, b) => a.at - b.at)) {
      jest.setSystemTime(at);
      happen();
      if (ends) look(state.progress(), (end - at) / 1000);
    }
  } finally {
    jest.useRealTimers();
  }
}

/** The estimates at each tenth of the work, with the time that was really left. */
function tenths(recording: Recording): { tenth: number; left: number; estimate: number }[] {
  const found: { tenth: number; left: number; estimate: number }[] = [];
  play(recording, (progress, left) => {
    const tenth = Math.floor(shareDone(progress) * 10 + 1e-9);
    if (tenth < 1 || tenth > 8 || found.some((one) => one.tenth >= tenth)) return;
    found.push({ tenth, left, estimate: secondsLeft(progress) ?? Number.NaN });
  });
  return found;
}

/** A run whose partitions take the times that `ms` says. */
function made(
  count: number,
  concurrency: number,
  ms: (index: number) => number,
  work?: PlannedWork,
): Recording {
  const free = Array.from({ length: concurrency }, () => 0);
  const tasks = Array.from({ length: count }, (_, index): [number, number, number, number] => {
    const slot = free.indexOf(Math.min(...free));
    const began = free[slot] ?? 0;
    free[slot] = began + ms(index);
    return [index * 10, index * 10 + 9, began, began + ms(index)];
  });
  const range = { start: 0, end: count * 10 - 1 };
  return { range, concurrency, partitions: count, work: work ?? { tasks: count, amount: count * 10 }, tasks };
}

describe('the estimate of the remaining time', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

  it.each(names)('is right within 20 % from a tenth of the work on: the recorded run %s', (name) => {
    const recording = JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Recording;
    const found = tenths(recording);
    expect(found.length).toBeGreaterThanOrEqual(6);
    expect(found[0]?.tenth).toBe(1);
    const wrong = found.filter(({ left, estimate }) => !(Math.abs(estimate / left - 1) <= 0.2));
    expect(wrong).toEqual([]);
  });

  it('knows that most of the bytes are still to come', () => {
    // Each of the last 50 partitions has 20 times the bytes of the first 50.
    const slices = Array.from({ length: 100 }, (_, index) => (index < 50 ? 1000 : 20_000));
    const work = { tasks: 100, amount: 50 * 21_000, slices };
    const run = made(100, 4, (index) => 100 + (slices[index] ?? 0) / 20, work);
    const found = tenths(run);
    expect(found.map(({ tenth }) => tenth)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { left, estimate } of found) expect(Math.abs(estimate / left - 1)).toBeLessThan(0.2);
  });

  it('does not count what is parked, nor a partition that waited for its worker', () => {
    const run = made(100, 2, (index) => (index === 5 ? 8000 : 1000));
    const state: { progress?: BackfillProgress } = {};
    play(run, (progress) => {
      if (progress.done === 60) state.progress = progress;
    });
    const { progress } = state;
    if (progress?.pace === undefined) throw new Error('60 partitions were never done');
    expect(secondsLeft(progress)).toBeCloseTo((40 - 0.5) / 2, 0);
    const parked = { ...progress, parked: 20, pace: { ...progress.pace, parked: 200 } };
    expect(secondsLeft(parked)).toBeCloseTo((20 - 0.5) / 2, 0);
  });

  it('is absent without a partition, while the run waits, and from a worker of an earlier version', () => {
    const { pace: _, ...old } = ((): BackfillProgress => {
      const state: { progress?: BackfillProgress } = {};
      play(
        made(3, 1, () => 1000),
        (progress) => (state.progress ??= progress),
      );
      return state.progress as BackfillProgress;
    })();
    expect(secondsLeft(old)).toBeUndefined();
    expect(shareDone(old)).toBe(0);
  });
});
