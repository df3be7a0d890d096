import { EMPTY_TALLY, addTally, datasetTally } from './contract/tally';
import { type PlannedWork, amountOf, sliceOf } from './contract/work';
import type { BackfillInput, PartitionTask } from './contract/types';
import { RunState } from './runstate';

const range = { start: 1, end: 100 };
const task = (start: number, end: number): PartitionTask => ({
  ...{ key: String(start).padStart(10, '0'), range: { start, end }, datasets: ['a', 'b'] },
});
const input = {
  spec: { range },
  concurrency: 2,
  maxParked: 9,
  onFailure: 'park',
} as unknown as BackfillInput;

function planned(work?: PlannedWork, carry?: BackfillInput['carry']): RunState {
  const state = new RunState({ ...input, ...(carry === undefined ? {} : { carry }) });
  if (carry === undefined)
    state.planned({
      ...{ plan: 'p', datasets: ['a', 'b'], partitions: 10, unusable: 0, filtered: 0, bytesRead: 0 },
      ...(work === undefined ? {} : { work }),
    });
  return state;
}

beforeEach(() => jest.useFakeTimers({ now: 1000 }));
afterEach(() => jest.useRealTimers());

describe('the pace of a run', () => {
  it('has the time and the amount of what is done; not of what parked', () => {
    const state = planned({ tasks: 8, amount: 80 });
    state.start(task(1, 10));
    state.start(task(11, 20));
    jest.setSystemTime(3500);
    state.count({ key: '0000000001', outcome: 'done' });
    state.count({ key: '0000000011', outcome: 'parked', reason: 'x' });
    expect(state.progress().pace).toEqual({
      ...{ tasks: 8, amount: 80, settled: 10, parked: 10, samples: [[2500, 10]] },
    });
    // It runs again after a person's time, which is no measure.
    state.resumed('0000000011');
    jest.setSystemTime(9_000_000);
    state.count({ key: '0000000011', outcome: 'done' });
    expect(state.progress().pace).toMatchObject({ settled: 20, parked: 0, samples: [[2500, 10]] });
  });

  it('continues in the next run of the workflow, and keeps a bounded number of samples', () => {
    const state = planned();
    for (let start = 1; start <= 99; start += 1) {
      state.start(task(start, start));
      jest.advanceTimersByTime(10);
      state.count({ key: task(start, start).key, outcome: 'done' });
    }
    state.start(task(100, 100));
    const next = planned(undefined, state.carry());
    jest.advanceTimersByTime(70);
    next.count({ key: task(100, 100).key, outcome: 'done' });
    const { pace } = next.progress();
    expect(pace).toMatchObject({ tasks: 10, amount: 100, settled: 100 });
    expect(pace?.samples).toHaveLength(64);
    expect(pace?.samples.at(-1)).toEqual([70, 1]);
  });

  it('lists the first partitions in flight in ledger order, and not all of a wide window', () => {
    const state = planned();
    for (let start = 100; start > 40; start -= 1) state.start(task(start, start));
    const { inflight = [], running, datasets } = state.progress();
    expect([inflight.length, running, datasets]).toEqual([32, 60, ['a', 'b']]);
    expect(inflight[0]).toEqual({ key: '0000000041', range: { start: 41, end: 41 } });
  });
});

describe('amounts of work', () => {
  it('are the bytes of the slices that a part of the range has', () => {
    expect([0, 1, 2].map((index) => sliceOf(range, 3, index))).toEqual([
      { start: 1, end: 33 },
      { start: 34, end: 66 },
      { start: 67, end: 100 },
    ]);
    const slices = [330, 0, 3400];
    expect(amountOf({ start: 24, end: 70 }, range, slices)).toBe(100 + 400);
    expect(amountOf(range, range, slices)).toBe(3730);
    expect(amountOf({ start: 24, end: 70 }, range, undefined)).toBe(47);
  });
});

describe('the tally of a run', () => {
  it('has the counts of each dataset, of a bounded number of them', () => {
    const counts = { rows: 3, files: 1, bytes: 10, rejected: 0 };
    let tally = addTally(EMPTY_TALLY, { ledgers: 5, ...datasetTally('a', counts) });
    tally = addTally(tally, datasetTally('__proto__', counts));
    tally = addTally(tally, datasetTally('a', { ...counts, rejected: 2 }));
    expect(tally).toMatchObject({ ledgers: 5, rows: 9, files: 3, bytes: 30, rejected: 2, bytesRead: 0 });
    expect(Object.entries(tally.datasets ?? {})).toEqual([
      ['a', { rows: 6, files: 2, bytes: 20, rejected: 2 }],
      ['__proto__', counts],
    ]);
    for (let i = 0; i < 200; i += 1) tally = addTally(tally, datasetTally(`d${i}`, counts));
    expect(Object.keys(tally.datasets ?? {})).toHaveLength(100);
    expect(tally.rows).toBe(609);
  });
});
