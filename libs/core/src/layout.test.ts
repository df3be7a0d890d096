import { type Layout, dataFileName, layoutFolder, partitionColumns, sameFolder } from './layout';

const micros = (text: string): number => Date.parse(text) * 1000;

it('places a ledger in its UTC day, hour and ledger range', () => {
  const time = micros('2025-07-13T23:59:59.999Z');
  expect(layoutFolder({ kind: 'ledger_day' }, 426007, time).path).toBe('year=2025/month=07/day=13');
  expect(layoutFolder({ kind: 'hour' }, 426007, time)).toEqual({
    path: 'year=2025/month=07/day=13/hour=23',
    values: { year: '2025', month: '07', day: '13', hour: '23' },
  });
  expect(layoutFolder({ kind: 'ledger_range', width: 10000 }, 426007, time)).toEqual({
    path: 'ledgers/420000-430000',
    values: {},
  });
});

it('uses UTC whatever offset the time was written with', () => {
  expect(layoutFolder({ kind: 'ledger_day' }, 1, micros('2025-07-14T00:30:00+02:00')).path).toBe(
    'year=2025/month=07/day=13',
  );
  expect(layoutFolder({ kind: 'ledger_day' }, 1, micros('2024-02-29T12:00:00Z')).path).toBe(
    'year=2024/month=02/day=29',
  );
});

describe('sameFolder', () => {
  const noon = micros('2024-02-29T12:00:00Z');
  it.each<[string, Layout, number, number, boolean]>([
    ['the first and the last microsecond of an hour', { kind: 'hour' }, noon, noon + 3_599_999_999, true],
    ['the microsecond after an hour', { kind: 'hour' }, noon, noon + 3_600_000_000, false],
    ['the microsecond before an hour', { kind: 'hour' }, noon, noon - 1, false],
    ['the same hour of another day', { kind: 'hour' }, noon, noon + 86_400_000_000, false],
    ['two hours of a day', { kind: 'ledger_day' }, noon, noon + 3_600_000_000, true],
    [
      'the last microsecond of a leap day',
      { kind: 'ledger_day' },
      noon,
      micros('2024-03-01T00:00:00Z') - 1,
      true,
    ],
    ['the first of March after it', { kind: 'ledger_day' }, noon, micros('2024-03-01T00:00:00Z'), false],
    ['years apart, by ledgers', { kind: 'ledger_range', width: 1 }, 0, noon, true],
  ])('%s', (_, layout, a, b, same) => {
    expect([sameFolder(layout, a, b), sameFolder(layout, b, a)]).toEqual([same, same]);
  });

  it('agrees with the folders of one ledger in every layout, also before 1970', () => {
    const edges = [
      '1969-12-31T23:00:00Z',
      '1970-01-01T00:00:00Z',
      '2024-02-29T00:00:00Z',
      '2025-01-01T00:00:00Z',
    ];
    const times = edges.flatMap((edge) =>
      [-3_600_000_001, -1, 0, 1, 3_599_999_999].map((by) => micros(edge) + by),
    );
    const layouts: Layout[] = [{ kind: 'ledger_day' }, { kind: 'hour' }, { kind: 'ledger_range', width: 10 }];
    for (const layout of layouts)
      for (const a of times)
        for (const b of times)
          expect([layout.kind, a, b, sameFolder(layout, a, b)]).toEqual([
            layout.kind,
            a,
            b,
            layoutFolder(layout, 7, a).path === layoutFolder(layout, 7, b).path,
          ]);
  });
});

it('names Delta partition columns in path order', () => {
  expect(partitionColumns({ kind: 'hour' })).toEqual(['year', 'month', 'day', 'hour']);
  expect(partitionColumns({ kind: 'ledger_range', width: 1 })).toEqual([]);
});

it('names a file by what it covers and its last close time, never by a clock', () => {
  const last = micros('2025-07-13T09:36:17Z');
  expect(dataFileName({ start: 426000, end: 426100 }, last)).toBe(
    'stellar-data-426000-426100-1752399377.parquet',
  );
  expect(dataFileName({ start: 1, end: 2 }, last, 'deadbeef')).toBe(
    'stellar-data-1-2-1752399377-deadbeef.parquet',
  );
});
