import { ParquetryError } from './errors';
import { formatRange, intersectRange, parseLedgerRange } from './range';

describe('parseLedgerRange', () => {
  it.each([
    ['426000-426100', 426000, 426100],
    ['426000:426100', 426000, 426100],
    [' 63_092_982-63_092_991 ', 63092982, 63092991],
    ['7', 7, 7],
    ['1-4294967295', 1, 4294967295],
    ['426000:+100', 426000, 426099],
    ['63.09M:+10k', 63090000, 63099999],
    ['63.092982M-63.092991M', 63092982, 63092991],
    ['2k', 2000, 2000],
    ['7:+1', 7, 7],
  ])('reads %s as inclusive', (text, start, end) => {
    expect(parseLedgerRange(text)).toEqual({ start, end });
  });

  it.each([
    '',
    'abc',
    '1-2-3',
    '-5',
    '5-',
    '0-3',
    '10-9',
    '1.5-3',
    '1e3',
    '4294967296',
    '99999999999',
    '5:+0',
    '+5',
    '1:+-2',
    '1.2345k',
    '1.0000001M',
    '1K',
    '4294967295:+2',
    '5M-',
  ])('refuses %j with a code', (text) => {
    expect(() => parseLedgerRange(text)).toThrow(ParquetryError);
    expect(() => parseLedgerRange(text)).toThrow(
      expect.objectContaining({ code: 'RANGE_INVALID', exitCode: 2 }),
    );
  });

  it('proposes the range the other way round', () => {
    expect(() => parseLedgerRange('10-9')).toThrow(expect.objectContaining({ hint: 'Did you mean 9-10?' }));
  });
});

it('prints one ledger without a dash', () => {
  expect(formatRange({ start: 4, end: 4 })).toBe('4');
  expect(formatRange({ start: 4, end: 9 })).toBe('4-9');
});

it('intersects', () => {
  expect(intersectRange({ start: 1, end: 5 }, { start: 5, end: 9 })).toEqual({ start: 5, end: 5 });
  expect(intersectRange({ start: 1, end: 4 }, { start: 5, end: 9 })).toBeUndefined();
});
