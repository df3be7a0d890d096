import fc from 'fast-check';
import {
  addInterval,
  clipIntervals,
  countLedgers,
  coversRange,
  mergeIntervals,
  subtractIntervals,
} from './intervals';

const range = fc.tuple(fc.nat(60), fc.nat(8)).map(([start, length]) => ({ start, end: start + length }));
const members = (ranges: readonly { start: number; end: number }[]): Set<number> =>
  new Set(ranges.flatMap(({ start, end }) => Array.from({ length: end - start + 1 }, (_, i) => start + i)));

it('merges overlapping and touching ranges', () => {
  expect(
    mergeIntervals([
      { start: 5, end: 9 },
      { start: 1, end: 4 },
      { start: 11, end: 12 },
    ]),
  ).toEqual([
    { start: 1, end: 9 },
    { start: 11, end: 12 },
  ]);
});

it('merge, subtract and clip agree with sets of ledgers', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), range, (ranges, asked) => {
      const merged = mergeIntervals(ranges);
      const all = members(ranges);
      expect(members(merged)).toEqual(all);
      expect(countLedgers(merged)).toBe(all.size);
      for (let i = 1; i < merged.length; i++)
        expect(merged[i]?.start).toBeGreaterThan((merged[i - 1]?.end ?? 0) + 1);
      const wanted = [...members([asked])];
      expect(members(subtractIntervals(asked, merged))).toEqual(new Set(wanted.filter((l) => !all.has(l))));
      expect(members(clipIntervals(asked, merged))).toEqual(new Set(wanted.filter((l) => all.has(l))));
      expect(coversRange(merged, asked)).toBe(wanted.every((l) => all.has(l)));
    }),
  );
});

it('adds one range at a time with the same result as a merge', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
      const added: { start: number; end: number }[] = [];
      for (const each of ranges) addInterval(added, each);
      expect(added).toEqual(mergeIntervals(ranges));
    }),
  );
});

it('finds the intervals of a range without reading those before it', () => {
  const all = Array.from({ length: 50_000 }, (_, index) => ({ start: index * 4, end: index * 4 + 1 }));
  let reads = 0;
  const counted = new Proxy(all, {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  const asked = { start: 199_901, end: 199_904 };
  expect(subtractIntervals(asked, counted)).toEqual([{ start: 199_902, end: 199_903 }]);
  expect(clipIntervals(asked, counted)).toEqual([
    { start: 199_901, end: 199_901 },
    { start: 199_904, end: 199_904 },
  ]);
  expect(coversRange(counted, { start: 199_900, end: 199_901 })).toBe(true);
  // A search by halves of 50,000 reads 16 of them.
  expect(reads).toBeLessThan(3 * 25);
});
