import { formatRange, intersectRange } from './range';

it('prints one ledger without a dash', () => {
  expect(formatRange({ start: 4, end: 4 })).toBe('4');
  expect(formatRange({ start: 4, end: 9 })).toBe('4-9');
});

it('intersects', () => {
  expect(intersectRange({ start: 1, end: 5 }, { start: 5, end: 9 })).toEqual({ start: 5, end: 5 });
  expect(intersectRange({ start: 1, end: 4 }, { start: 5, end: 9 })).toBeUndefined();
});
