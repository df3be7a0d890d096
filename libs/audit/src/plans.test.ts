import type { LedgerRange } from '@parquetry/core';
import { type KeptPlan, requestedLedgers, planFor, supersededPlans } from './plans';

const plan = (key: string, range: LedgerRange, ...datasets: string[]): KeptPlan => ({
  key,
  size: 1,
  modified: 0,
  range,
  datasets,
  spec: {},
  replaces: false,
});
const OLD = plan('old', { start: 1, end: 10 }, 'a');
const TWO = plan('two', { start: 5, end: 20 }, 'a', 'b');
const NEW = plan('new', { start: 1, end: 12 }, 'a');
const NONE: ReadonlySet<string> = new Set();

describe('the plans of runs', () => {
  it('request the union of their ranges', () => {
    expect([...requestedLedgers([OLD, TWO])]).toEqual([
      ['a', [{ start: 1, end: 20 }]],
      ['b', [{ start: 5, end: 20 }]],
    ]);
  });

  it('are removed when newer ones request the same ledgers and all of them are committed', () => {
    const covered = new Map([['a', [{ start: 1, end: 20 }]]]);
    expect(supersededPlans([OLD, TWO, NEW], covered, NONE)).toEqual([OLD]);
    expect(supersededPlans([OLD, TWO, NEW], new Map([['a', [{ start: 1, end: 9 }]]]), NONE)).toEqual([]);
    expect(supersededPlans([TWO, OLD], covered, NONE)).toEqual([]);
  });

  it('stay while a waiting run may use them', () => {
    const covered = new Map([['a', [{ start: 1, end: 20 }]]]);
    const superseded = (...plans: KeptPlan[]): KeptPlan[] => supersededPlans(plans, covered, NONE);
    // A run that replaces waits for an operator.
    const replacing = { ...OLD, replaces: true };
    expect(superseded(replacing, NEW)).toEqual([]);
    expect(superseded(replacing, NEW, { ...NEW, key: 'again', replaces: true })).toEqual([replacing, NEW]);
    // Every flush of a tail uses one plan, until a new tail of its source replaces it.
    const tail = (key: string, name: string): KeptPlan => ({
      ...plan(key, { start: 1, end: 1 }, 'a'),
      tail: name,
    });
    const first = tail('first', 'lake');
    expect(superseded(first, NEW)).toEqual([]);
    expect(superseded(first, NEW, tail('other', 'node'))).toEqual([]);
    expect(superseded(first, NEW, tail('second', 'lake'))).toEqual([first]);
    // The next flush of a tail of messages continues where the last one ended.
    expect(supersededPlans([OLD, NEW], covered, new Set(['old']))).toEqual([]);
  });

  it('are compared once each, however many there are: a tail of messages has one for each flush', () => {
    let reads = 0;
    const flushes = Array.from({ length: 20_000 }, (_, index) => ({
      ...plan(`flush ${index}`, { start: 2 * index, end: 2 * index }, 'a'),
      get range() {
        reads += 1;
        return { start: 2 * index, end: 2 * index };
      },
    }));
    const covered = new Map([['a', [{ start: 0, end: 40_000 }]]]);
    expect(supersededPlans(flushes, covered, NONE)).toEqual([]);
    const whole = plan('whole', { start: 0, end: 40_000 }, 'a');
    expect(supersededPlans([...flushes, whole], covered, NONE)).toHaveLength(20_000);
    expect(reads).toBeLessThan(100_000);
    expect(requestedLedgers(flushes).get('a')).toHaveLength(20_000);
  });

  it('name the source that fills a gap: that of the newest plan that requested all of it', () => {
    expect(planFor([OLD, TWO, NEW], 'a', { start: 6, end: 9 })).toBe(NEW);
    expect(planFor([OLD, TWO, NEW], 'b', { start: 6, end: 9 })).toBe(TWO);
    expect(planFor([OLD, TWO, NEW], 'a', { start: 1, end: 15 })).toBeUndefined();
  });
});
