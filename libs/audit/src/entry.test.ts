import type { LiveFile, SegmentRecord } from '@parquetry/archive';
import type { TableSchema } from '@parquetry/schema';
import { entryFault } from './entry';

const SCHEMA: TableSchema = {
  messageType: 'events',
  origin: 'predefined',
  fields: [
    { id: 1, name: 'ledger', type: { type: 'int64' }, nullable: false },
    { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
    { id: 3, name: 'id', type: { type: 'int64' }, nullable: true },
  ],
  ledgerColumn: 'ledger',
  closeTimeColumn: 'closed_at',
};
const SHA256 = 'a'.repeat(64);
const RECORDED: SegmentRecord['identity']['files'][number] = {
  path: 'year=2025/month=07/day=13/f.parquet',
  size: 100,
  sha256: SHA256,
  rows: 5,
  range: { start: 10, end: 14 },
  columns: {
    ledger: { nulls: 0, min: '10', max: '14' },
    closed_at: { nulls: 0, min: '1752364850000000', max: '1752364870000000' },
    id: { nulls: 1, min: '9007199254740993', max: '9223372036854775807' },
  },
  reason: 'range_end',
};
const STATS =
  '{"numRecords":5,"minValues":{"ledger":10,"closed_at":"2025-07-13T00:00:50.000Z","id":9007199254740993},"maxValues":{"ledger":14,"closed_at":"2025-07-13T00:01:10.000Z","id":9223372036854775807},"nullCount":{"ledger":0,"closed_at":0,"id":1}}';
const FILE: LiveFile = {
  key: 'events/year=2025/month=07/day=13/f.parquet',
  path: RECORDED.path,
  size: 100,
  partitionValues: { year: '2025', month: '07', day: '13' },
  rows: 5,
  sha256: SHA256,
  range: RECORDED.range,
  segment: `10-14-${'b'.repeat(32)}`,
  stats: STATS,
};

describe("a file's entry in the log", () => {
  it.each([
    ['is as its commit wrote it', STATS],
    ['has no bounds', '{"numRecords":5,"nullCount":{"ledger":0,"closed_at":0,"id":1}}'],
    [
      'counts the nulls of a column that is newer than the file',
      STATS.replace('"id":1}', '"id":1,"note":5}'),
    ],
    ['is written with spaces', STATS.replaceAll(':', ': ').replaceAll(/: (?=\d\d[:.])/g, ':')],
  ])('agrees with its record when it %s', (_, stats) => {
    expect(entryFault({ ...FILE, stats }, RECORDED, SCHEMA)).toBeUndefined();
  });

  it('may have neither bounds nor null counts', () => {
    expect(entryFault({ ...FILE, stats: '{"numRecords":5}' }, RECORDED, SCHEMA)).toBeUndefined();
  });

  it('may have no statistics', () => {
    const { stats: _, ...without } = FILE;
    expect(entryFault(without, RECORDED, SCHEMA)).toBeUndefined();
  });

  it.each([
    ['a lower bound', STATS.replace('"ledger":10', '"ledger":11')],
    ['a bound beyond 2^53', STATS.replace('9007199254740993', '9007199254740992')],
    ['an upper bound of time', STATS.replace('00:01:10', '00:01:09')],
    ['a missing bound of one column', STATS.replace('"ledger":10,', '')],
    ['a missing null count of one column', STATS.replace('"closed_at":0,', '')],
    ['a null count', STATS.replace('"id":1', '"id":5')],
    ['a null count of a column that does not exist', STATS.replace('"id":1}', '"id":1,"note":4}')],
    ['the row count', STATS.replace('"numRecords":5', '"numRecords":4')],
    ['bounds of another form', STATS.replace('{"ledger":10', '[1],"x":{"ledger":10')],
    ['text that is not JSON', STATS.slice(1)],
    ['null', 'null'],
  ])('differs from its record in the statistics: %s', (_, stats) => {
    expect(entryFault({ ...FILE, stats }, RECORDED, SCHEMA)).toBe('statistics');
  });

  it.each([
    ['partition values', { partitionValues: { year: '2025', month: '07', day: '14' } }],
    ['partition values', { partitionValues: { year: '2025', month: '07' } }],
    ['partition values', { partitionValues: { year: '2025', month: '07', day: null } }],
    ['ledgers', { range: { start: 10, end: 15 } }],
    ['size or sha256', { size: 99 }],
  ])('differs from its record in %s', (what, change) => {
    expect(entryFault({ ...FILE, ...change }, RECORDED, SCHEMA)).toBe(what);
  });

  it('has a record', () => {
    expect(entryFault(FILE, undefined, SCHEMA)).toBe('the path');
  });
});
