import type { Digest } from './digest';
import { coverageOf } from './coverage';
import type { PartitionData, RunData } from './data';

const range = (start: number, end: number): { start: number; end: number } => ({ start, end });

const digest = (start: number, end: number, rest: Partial<Digest> = {}): Digest => ({
  range: range(start, end),
  by: 'run',
  proof: { kind: 'declared' },
  schema: 1,
  rejected: [],
  recordedAt: '2025-07-13T00:00:00.000Z',
  ...rest,
});

const partition = (
  start: number,
  end: number,
  state: PartitionData['state'],
  ...datasets: string[]
): PartitionData => ({
  id: `run/p/${start}`,
  run: 'run',
  state,
  range: range(start, end),
  datasets,
  seconds: 1,
});

const run = (start: number, end: number, state: string): RunData => ({
  id: 'run',
  type: 'backfill',
  state,
  range: range(start, end),
  started: '2025-07-13T00:00:00.000Z',
  seconds: 1,
  parked: 0,
});

const IDLE = { active: [], runs: [] };
const TABLE = { dataset: 'a', coverage: [range(11, 20), range(31, 40)] };

describe('the states of a dataset', () => {
  it('are gaps where a run requested ledgers, and between committed ones', () => {
    const { spans, gaps } = coverageOf(TABLE, [range(1, 35), range(51, 60)], [], IDLE);
    expect(gaps).toEqual([range(1, 10), range(21, 30), range(51, 60)]);
    expect(spans.map(({ start, end, state }) => `${start}-${end} ${state}`)).toEqual([
      '1-10 gap',
      '11-20 committed',
      '21-30 gap',
      '31-40 committed',
      '51-60 gap',
    ]);
  });

  it('say who wrote the ledgers, and which have rejects', () => {
    const digests = [
      digest(11, 14, { by: 'tail' }),
      digest(15, 20, { by: 'compaction', rejected: [range(17, 17)] }),
      undefined,
    ];
    const { spans } = coverageOf(TABLE, [], digests, IDLE);
    expect(spans.map(({ start, end, state }) => `${start}-${end} ${state}`)).toEqual([
      '11-14 tail',
      '15-16 compacted',
      '17-17 rejected',
      '18-20 compacted',
      '21-30 gap',
      '31-40 committed',
    ]);
  });

  it('take running and parked partitions of the dataset, which are no gaps; what is committed stays committed', () => {
    const active = [
      partition(5, 15, 'parked', 'a', 'b'),
      partition(21, 24, 'running', 'a'),
      partition(25, 30, 'parked', 'b'),
    ];
    const { spans, gaps } = coverageOf(TABLE, [range(1, 40)], [], { active, runs: [] });
    expect(spans.map(({ start, end, state }) => `${start}-${end} ${state}`)).toEqual([
      '1-4 gap',
      '5-10 parked',
      '11-20 committed',
      '21-24 running',
      '25-30 gap',
      '31-40 committed',
    ]);
    expect(gaps).toEqual([range(1, 4), range(25, 30)]);
  });

  it('wait where a run is on its way, and only while it runs', () => {
    const waiting = coverageOf(TABLE, [range(1, 40)], [], { active: [], runs: [run(1, 25, 'running')] });
    expect(waiting.gaps).toEqual([range(26, 30)]);
    expect(waiting.spans.filter(({ state }) => state === 'waiting')).toEqual([
      { ...range(1, 10), state: 'waiting' },
      { ...range(21, 25), state: 'waiting' },
    ]);
    // A partition that was given up is behind the run: no one fills its ledgers.
    const passed = { ...run(1, 25, 'running'), reached: 10 };
    expect(coverageOf(TABLE, [range(1, 40)], [], { active: [], runs: [passed] }).gaps).toEqual([
      range(1, 10),
      range(26, 30),
    ]);
    const ended = coverageOf(TABLE, [range(1, 40)], [], { active: [], runs: [run(1, 25, 'failed')] });
    expect(ended.gaps).toEqual([range(1, 10), range(21, 30)]);
    const other = { ...run(1, 25, 'running'), datasets: ['b'] };
    expect(coverageOf(TABLE, [range(1, 40)], [], { active: [], runs: [other] }).gaps).toHaveLength(2);
  });
});
