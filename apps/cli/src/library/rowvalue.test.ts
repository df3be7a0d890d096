import type { ColumnValue, DataType } from '@parquetry/schema';
import { rowValue } from './rowvalue';

const decimal = (scale: number): DataType => ({ type: 'decimal128', precision: 38, scale });

describe('rowValue', () => {
  it.each<[DataType, ColumnValue, unknown]>([
    [decimal(2), 1250n, '12.50'],
    [decimal(2), -5n, '-0.05'],
    [decimal(0), -BigInt('9'.repeat(38)), `-${'9'.repeat(38)}`],
    [decimal(38), 1n, `0.${'0'.repeat(37)}1`],
    [{ type: 'uint64' }, 2n ** 64n - 1n, 2n ** 64n - 1n],
    [{ type: 'json' }, '{"a":1e400}', '{"a":1e400}'],
    [{ type: 'timestamp', unit: 'us', timezone: 'UTC' }, 1n, 1n],
    [decimal(2), null, null],
  ])('%#', (type, stored, shown) => {
    expect(rowValue(type, stored)).toBe(shown);
  });

  it('nested values', () => {
    const item = (name: string, type: DataType) => ({ id: 1, name, type, nullable: true });
    const type: DataType = {
      type: 'list',
      items: item('element', {
        type: 'struct',
        fields: [item('price', decimal(1)), item('note', { type: 'utf8' })],
      }),
    };
    expect(rowValue(type, [{ price: 15n, note: 'a' }, null, { price: null, note: null }])).toEqual([
      { price: '1.5', note: 'a' },
      null,
      { price: null, note: null },
    ]);
  });
});
