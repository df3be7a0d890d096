import { ParquetryError } from './errors';
import { parsePoint, parseRanges, plainRange } from './rangetext';

const JULY_13 = Date.UTC(2025, 6, 13) / 1000;
const DAY = 86_400;
const ledger = (each: number): object => ({ kind: 'ledger', ledger: each });
const time = (from: number, seconds: number): object => ({ kind: 'time', from, until: from + seconds });

describe('parseRanges', () => {
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
    expect(parseRanges(text).map(plainRange)).toEqual([{ start, end }]);
  });

  it.each([
    ['latest-1000:latest', { kind: 'latest', back: 1000 }, { kind: 'latest', back: 0 }],
    ['latest', { kind: 'latest', back: 0 }, { kind: 'latest', back: 0 }],
    [':latest', undefined, { kind: 'latest', back: 0 }],
    ['latest-1.5k:+10', { kind: 'latest', back: 1500 }, { kind: 'count', ledgers: 10 }],
    ['426000:latest', ledger(426000), { kind: 'latest', back: 0 }],
    ['@2025-07-13', time(JULY_13, DAY), time(JULY_13, DAY)],
    ['@2025-07-13:@2025-07-14', time(JULY_13, DAY), time(JULY_13 + DAY, DAY)],
    ['@2025-07-13T09:00Z:+2h', time(JULY_13 + 9 * 3600, 1), { kind: 'span', seconds: 7200 }],
    ['@2025-07-13T09:00:30Z:@2025-07-13T09:01Z', time(JULY_13 + 32430, 1), time(JULY_13 + 32460, 1)],
    [':@2025-07-13', undefined, time(JULY_13, DAY)],
    ['@2025-07-13:latest', time(JULY_13, DAY), { kind: 'latest', back: 0 }],
    ['63.09M:+1d', ledger(63090000), { kind: 'span', seconds: DAY }],
  ])('reads %s', (text, start, end) => {
    expect(parseRanges(text)).toEqual([{ text, ...(start === undefined ? {} : { start }), end }]);
    expect(parseRanges(text).map(plainRange)[0]).toBeUndefined();
  });

  it('reads several, separated by commas', () => {
    expect(parseRanges('1-5, 9:+2,@2025-07-13').map(({ text }) => text)).toEqual([
      '1-5',
      '9:+2',
      '@2025-07-13',
    ]);
    expect(parseRanges('100-200, 300').map(plainRange)).toEqual([
      { start: 100, end: 200 },
      { start: 300, end: 300 },
    ]);
  });

  it.each([
    ['', 'it is empty'],
    ['1-2,', 'it is empty'],
    ['abc', 'expected one or two ledgers, times or latest'],
    ['1-2-3', 'expected one or two ledgers'],
    ['-5', 'expected one or two ledgers'],
    ['5:', 'it has no end; write :latest'],
    ['0-3', 'the first ledger of Stellar is 1'],
    ['10-9', 'it ends (9) before it starts (10)'],
    ['1.5-3', '1.5 is not a whole number of ledgers'],
    ['1e3', 'expected one or two ledgers'],
    ['4294967296', 'ledgers end at 4294967295'],
    ['99999999999', '99999999999 is not a whole number'],
    ['5:+0', 'it has no ledgers'],
    ['+5', 'expected one or two ledgers'],
    ['1:+-2', 'expected one or two ledgers'],
    ['1.2345k', '1.2345k is not a whole number'],
    ['1.0000001M', '1.0000001M is not a whole number'],
    ['1K', 'expected one or two ledgers'],
    ['4294967295:+2', 'ledgers end at 4294967295'],
    ['63,092,982', 'a comma separates ranges, not digits'],
    ['63,092,982-63,092,991', 'a comma separates ranges, not digits'],
    ['latest-1000-latest', 'put a colon between its ends'],
    ['latest+5', 'there are no ledgers after latest'],
    ['latest:latest-5', 'it ends before it starts'],
    ['@2025-02-30', 'there is no 2025-02-30 in the calendar'],
    ['@2025-07-13T24:00Z:+1h', 'there is no 2025-07-13T24:00Z in the calendar'],
    ['@2025-7-3', 'write a date as 2025-07-13'],
    ['@2025-07-01-2025-07-08', 'write a date as 2025-07-13'],
    ['@2025-07-01-@2025-07-08', 'put a colon between its ends'],
    ['@2025-07-13T09:00:+2h', 'times are in UTC: write @2025-07-13T09:00Z'],
    ['@2025-07-13T09:00+02:00:+2h', 'write a date as 2025-07-13 and a time as 2025-07-13T09:00Z'],
    ['@2025-07-13T09:00Z', 'it is one moment'],
    ['@2025-07-14:@2025-07-13', 'it ends before it starts'],
    ['@2025-07-13:+0h', 'it has no time'],
  ])('refuses %j with one sentence', (text, why) => {
    expect(() => parseRanges(text)).toThrow(ParquetryError);
    expect(() => parseRanges(text)).toThrow(
      expect.objectContaining({
        code: 'RANGE_INVALID',
        exitCode: 2,
        message: expect.stringContaining(`is not a ledger range: ${why}`),
        hint: expect.stringMatching(/.\.$|\?$/),
      }),
    );
  });

  it('proposes the range the other way round', () => {
    const hint = (text: string): unknown => {
      try {
        return parseRanges(text);
      } catch (error) {
        return (error as ParquetryError).hint;
      }
    };
    expect(hint('10-9')).toBe('Did you mean 9-10?');
    expect(hint('@2025-07-14:@2025-07-13')).toBe('Did you mean @2025-07-13:@2025-07-14?');
    expect(hint('@2025-07-13T09:00Z:@2025-07-13T08:00Z')).toBe(
      'Did you mean @2025-07-13T08:00Z:@2025-07-13T09:00Z?',
    );
    expect(hint('1,100-1,200')).toBe('Write 1_100-1_200, or 1, 100-1, 200 for several ranges.');
  });
});

it('reads one point', () => {
  expect(parsePoint('63.09M')).toEqual(ledger(63090000));
  expect(parsePoint('latest-10')).toEqual({ kind: 'latest', back: 10 });
  expect(parsePoint('@2025-07-13T09:00Z')).toEqual(time(JULY_13 + 9 * 3600, 1));
  for (const bad of ['5-6', ':latest', '', 'soon'])
    expect(() => parsePoint(bad)).toThrow(expect.objectContaining({ code: 'RANGE_INVALID' }));
});
