import type { LedgerRange } from '@parquetry/core';
import type { SourceIndex } from '@parquetry/source';
import { amountOf } from '@parquetry/workflows';
import { type Coverage, findTasks } from './tasks';
import { plannedWork } from './work';

const range = (start: number, end: number): LedgerRange => ({ start, end });
const lake = { kind: 'galexie' } as SourceIndex;
/** 1000 bytes in the first ten ledgers, 10 in each of the other nine tens. */
const messages = {
  kind: 'ndjson',
  data: {
    blocks: Array.from({ length: 10 }, (_, i) => [
      ...[0, 0, i === 0 ? 1000 : 10, 0, 1 + 10 * i, 10 + 10 * i],
      [],
      '',
    ]),
  },
} as unknown as SourceIndex;
const spec = { range: range(1, 100), partitionSize: 10 };

describe('the work of a run', () => {
  it('is all ledgers of a lake that some dataset lacks, in as many tasks as the run starts', () => {
    const done: Coverage = new Map([
      ['a', [range(1, 35), range(51, 100)]],
      ['b', [range(1, 33), range(51, 100)]],
    ]);
    expect(plannedWork(spec, lake, done)).toEqual({ tasks: 3, amount: 17 });
    expect(plannedWork(spec, lake, new Map([['a', [spec.range]]]))).toEqual({ tasks: 0, amount: 0 });
    const whole: Coverage = new Map([['a', []]]);
    expect(plannedWork(spec, lake, whole)).toEqual({
      tasks: findTasks(spec, 1, 100, whole).tasks.length,
      amount: 100,
    });
  });

  it('is the bytes of messages where they lie', () => {
    const work = plannedWork(spec, messages, new Map([['a', [range(11, 20)]]]));
    expect(work).toMatchObject({ tasks: 11, amount: 1080 });
    expect(amountOf(range(1, 10), spec.range, work.slices)).toBe(1000);
    expect(amountOf(range(91, 100), spec.range, work.slices)).toBe(10);
  });
});
