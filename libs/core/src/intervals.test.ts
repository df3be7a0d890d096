import fc from 'fast-check';
import { clipIntervals, countLedgers, coversRange, mergeIntervals, subtractIntervals } from './intervals';

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
