import type { LedgerRange } from '@parquetry/core';
import { type KeptPlan, requestedLedgers, planFor, supersededPlans } from './plans';

const plan = (key: string, range: LedgerRange, ...datasets: string[]): KeptPlan => ({
  key,
  size: 1,
  modified: 0,
  range,
  datasets,
  spec: {},
});
const OLD = plan('old', { start: 1, end: 10 }, 'a');
const TWO = plan('two', { start: 5, end: 20 }, 'a', 'b');
const NEW = plan('new', { start: 1, end: 12 }, 'a');

describe('the plans of runs', () => {
  it('request the union of their ranges', () => {
    expect([...requestedLedgers([OLD, TWO])]).toEqual([
      ['a', [{ start: 1, end: 20 }]],
      ['b', [{ start: 5, end: 20 }]],
    ]);
  });

  it('are removed when newer ones request the same ledgers and all of them are committed', () => {
    const covered = new Map([['a', [{ start: 1, end: 20 }]]]);
    expect(supersededPlans([OLD, TWO, NEW], covered)).toEqual([OLD]);
    expect(supersededPlans([OLD, TWO, NEW], new Map([['a', [{ start: 1, end: 9 }]]]))).toEqual([]);
    expect(supersededPlans([TWO, OLD], covered)).toEqual([]);
  });

  it('name the source that fills a gap: that of the newest plan that requested all of it', () => {
    expect(planFor([OLD, TWO, NEW], 'a', { start: 6, end: 9 })).toBe(NEW);
    expect(planFor([OLD, TWO, NEW], 'b', { start: 6, end: 9 })).toBe(TWO);
    expect(planFor([OLD, TWO, NEW], 'a', { start: 1, end: 15 })).toBeUndefined();
  });
});
