import { dataFileName, layoutFolder, partitionColumns } from './layout';

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
