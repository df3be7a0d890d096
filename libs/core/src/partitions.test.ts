import fc from 'fast-check';
import { countPartitions, partitionsOf } from './partitions';
import { rangeLength } from './range';

it('keeps a short head and tail and cuts at multiples of the size', () => {
  expect([...partitionsOf({ start: 1106, end: 5106 }, 1000)].map(({ start, end }) => [start, end])).toEqual([
    [1106, 1999],
    [2000, 2999],
    [3000, 3999],
    [4000, 4999],
    [5000, 5106],
  ]);
});

it('tiles any range without gap or overlap', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.nat(3000),
      fc.integer({ min: 1, max: 700 }),
      (start, more, size) => {
        const range = { start, end: start + more };
        const parts = [...partitionsOf(range, size)];
        expect(parts).toHaveLength(countPartitions(range, size));
        let next = range.start;
        for (const part of parts) {
          expect(part.start).toBe(next);
          expect(rangeLength(part)).toBeLessThanOrEqual(size);
          if (part.end !== range.end) expect((part.end + 1) % size).toBe(0);
          next = part.end + 1;
        }
        expect(next).toBe(range.end + 1);
      },
    ),
  );
});

it('refuses sizes that are not whole positive numbers', () => {
  for (const size of [0, -1, 1.5, NaN, 1e9])
    expect(() => [...partitionsOf({ start: 1, end: 2 }, size)]).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
});
