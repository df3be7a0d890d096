import type { DataType, TableSchema } from '@parquetry/schema';
import type { Row } from '@parquetry/stellar';
import { ColumnCounter } from '../stage/columns';
import { RowEncoder, timeText } from './encode';

const TYPES: Readonly<Record<string, DataType>> = {
  flag: { type: 'bool' },
  big: { type: 'int64' },
  size: { type: 'uint64' },
  text: { type: 'utf8' },
  value: { type: 'json' },
  at: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
  list: { type: 'list', items: { id: 8, name: 'element', type: { type: 'json' }, nullable: false } },
};

const schema: TableSchema = {
  messageType: 't',
  origin: 'predefined',
  ledgerColumn: 'big',
  closeTimeColumn: 'at',
  fields: Object.entries(TYPES).map(([name, type], index) => ({ id: index + 1, name, type, nullable: true })),
};

function encode(...rows: Row[]): { lines: string[]; tallies: unknown } {
  const counters = schema.fields.map(() => new ColumnCounter());
  const encoder = new RowEncoder(schema, counters);
  const lines = rows.map((row) => encoder.encode(row));
  return {
    lines,
    tallies: Object.fromEntries(schema.fields.map(({ name }, i) => [name, counters[i]?.tally()])),
  };
}

describe('staged rows', () => {
  it('hold every type as the stage format says', () => {
    const { lines } = encode({
      flag: false,
      big: -9223372036854775808n,
      size: 18446744073709551615n,
      text: 'a"\\\n\u0000é',
      value: '{"a":"b"}',
      at: 1_700_000_000_000_000,
      list: ['1', '"x"'],
    });
    expect(lines).toEqual([
      '{"flag":false,"big":-9223372036854775808,"size":18446744073709551615,"text":"a\\"\\\\\\n\\u0000é",' +
        '"value":"{\\"a\\":\\"b\\"}","at":"2023-11-14T22:13:20Z","list":["1","\\"x\\""]}',
    ]);
  });

  it('leave nulls out and count them, with bounds of integers and times only', () => {
    const { lines, tallies } = encode(
      { big: 5n, at: 7, text: 'x' },
      { big: 9007199254740993n, at: null },
      {},
    );
    expect(lines).toEqual([
      '{"big":5,"text":"x","at":"1970-01-01T00:00:00.000007Z"}',
      '{"big":9007199254740993}',
      '{}',
    ]);
    expect(tallies).toMatchObject({
      big: { nulls: 1, min: '5', max: '9007199254740993' },
      at: { nulls: 2, min: '7', max: '7' },
      text: { nulls: 2 },
      flag: { nulls: 3 },
    });
    expect((tallies as Record<string, unknown>)['text']).toEqual({ nulls: 2 });
  });

  it('are refused when the schema has no place for a column', () => {
    expect(() => encode({ big: 1, other: 2 })).toThrow(/no column other/);
  });

  it('write times before 1970 and fractions exactly', () => {
    expect(timeText(-1)).toBe('1969-12-31T23:59:59.999999Z');
    expect(timeText(253_402_300_799_000_000)).toBe('9999-12-31T23:59:59Z');
  });
});
