import fc from 'fast-check';
import { type LedgerState, STATES } from './data';
import { type Span, cellsOf, countStates, decodeRuns, encodeRuns, overlay } from './spans';

/** Sorted and disjoint spans of small ledgers. */
const spans: fc.Arbitrary<Span[]> = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(...STATES.slice(1)),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => {
    let at = 1;
    return parts.map(([skip, length, state]) => {
      const start = at + skip;
      at = start + length;
      return { start, end: at - 1, state };
    });
  });

/** The state of every ledger from 1 to 120. */
function each(list: readonly Span[]): LedgerState[] {
  const states = new Array<LedgerState>(120).fill('none');
  for (const { start, end, state } of list) states.fill(state, start - 1, end);
  return states;
}

const RANGE = { start: 1, end: 120 };

describe('spans', () => {
  it('put on others count in every ledger that both have', () => {
    fc.assert(
      fc.property(spans, spans, (lower, upper) => {
        const both = overlay(lower, upper);
        const wanted = each(lower).map((state, index) => {
          const over = each(upper)[index] ?? 'none';
          return over === 'none' ? state : over;
        });
        expect(each(both)).toEqual(wanted);
        both.slice(1).forEach(({ start, state }, index) => {
          const before = both[index] as Span;
          expect(before.end < start).toBe(true);
          expect(before.end + 1 === start && before.state === state).toBe(false);
        });
      }),
    );
  });

  it('are encoded without loss where there is room, and counted', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const { runs, cell } = encodeRuns(list, RANGE, 1000);
        expect(cell).toBe(1);
        expect(each(decodeRuns(runs, 1))).toEqual(each(list));
        expect(runs.filter((_, index) => index % 2 === 0).reduce((sum, count) => sum + count, 0)).toBe(120);
        const counts = countStates(list, RANGE);
        for (const state of STATES)
          expect(counts[state]).toBe(each(list).filter((one) => one === state).length);
      }),
    );
  });

  it('beyond the limit become cells that keep the most important state', () => {
    const list: Span[] = Array.from({ length: 1000 }, (_, index) => ({
      start: 1 + 2 * index,
      end: 1 + 2 * index,
      state: index === 700 ? 'parked' : 'committed',
    }));
    const range = { start: 1, end: 2000 };
    const { runs, cell } = encodeRuns(list, range, 50);
    expect(runs.length / 2).toBeLessThanOrEqual(50);
    expect(cell).toBe(40);
    const decoded = decodeRuns(runs, 1);
    expect(decoded.filter(({ state }) => state === 'parked')).toEqual([
      { start: 1401, end: 1440, state: 'parked' },
    ]);
    expect(decoded.at(-1)?.end).toBe(2000);
  });

  it('are divided into cells: one missing ledger among a million is seen', () => {
    const range = { start: 1, end: 1_000_000 };
    const list: Span[] = [
      { start: 1, end: 499_999, state: 'committed' },
      { start: 500_000, end: 500_000, state: 'gap' },
      { start: 500_001, end: 1_000_000, state: 'committed' },
    ];
    const cells = cellsOf(list, range, 60);
    expect(cells).toHaveLength(60);
    expect(cells.map(({ state }) => state).filter((state) => state === 'gap')).toHaveLength(1);
    expect(cells.filter(({ whole }) => !whole)).toHaveLength(1);
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 200 }), (some, count) => {
        const states = each(some);
        cellsOf(some, RANGE, count).forEach(({ state, whole }, cell, all) => {
          const part = states.slice(
            Math.floor((cell * 120) / all.length),
            Math.floor(((cell + 1) * 120) / all.length),
          );
          expect(part).toContain(state);
          expect(whole).toBe(new Set(part).size === 1);
        });
      }),
    );
  });
});
