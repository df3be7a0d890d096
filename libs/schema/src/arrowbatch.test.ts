import * as arrow from 'apache-arrow';
import { type ColumnValue, arrowBatch } from './arrowbatch';
import type { DataType, TableSchema } from './types';

function schemaOf(...types: readonly DataType[]): TableSchema {
  return {
    messageType: 't',
    origin: 'predefined',
    fields: types.map((type, index) => ({ id: index + 1, name: `c${index + 1}`, type, nullable: true })),
    ledgerColumn: 'c1',
    closeTimeColumn: 'c2',
  };
}

/** The values of a column of one type, written as an Arrow stream and read back with Arrow's own reader. */
function carried(type: DataType, values: readonly ColumnValue[]): unknown[] {
  const batch = arrowBatch(schemaOf(type), [values]);
  const table = arrow.tableFromIPC(arrow.tableToIPC(new arrow.Table([batch])));
  expect(table.numRows).toBe(values.length);
  expect(table.getChildAt(0)?.nullCount).toBe(values.filter((value) => value === null).length);
  return [...(table.getChildAt(0) ?? [])];
}

/** A 128-bit decimal, from the four words that Arrow's reader gives. */
function unscaled(words: unknown): bigint {
  const found = [...(words as Uint32Array)].reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(128, found);
}

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

describe('arrowBatch', () => {
  it.each<[DataType, ColumnValue[]]>([
    [{ type: 'bool' }, [true, null, false, true, true, false, null, true, false, true]],
    [{ type: 'int32' }, [-(2 ** 31), 0, null, 2 ** 31 - 1]],
    [{ type: 'uint32' }, [0, null, 2 ** 32 - 1]],
    [{ type: 'int64' }, [MIN, null, 0n, MAX, 9_007_199_254_740_993n]],
    [{ type: 'float64' }, [0.1, null, -1e308, 5e-324]],
    [{ type: 'utf8' }, ['', null, 'Zürich', '💧', 'a'.repeat(300)]],
    [{ type: 'json' }, ['{"a":12345678901234567890}', null]],
  ])('%j: the same values', (type, values) => {
    expect(carried(type, values)).toEqual(values);
  });

  it('decimals of 38 digits and unsigned 64-bit integers keep every digit', () => {
    const long = BigInt('9'.repeat(38));
    const decimals = carried({ type: 'decimal128', precision: 38, scale: 4 }, [long, -long, -1n, null, 0n]);
    expect(decimals.map((value) => (value === null ? null : unscaled(value)))).toEqual([
      long,
      -long,
      -1n,
      null,
      0n,
    ]);
    expect(carried({ type: 'uint64' }, [2n ** 64n - 1n]).map(unscaled)).toEqual([2n ** 64n - 1n]);
  });

  it('times keep their microseconds', () => {
    const times = [1_752_361_200_123_457n, null, -1n, 253_402_300_799_999_999n];
    const batch = arrowBatch(schemaOf({ type: 'timestamp', unit: 'us', timezone: 'UTC' }), [times]);
    const { values } = (batch.getChildAt(0) as arrow.Vector<arrow.TimestampMicrosecond>)
      .data[0] as arrow.Data;
    expect([...(values as BigInt64Array)]).toEqual([times[0], 0n, times[2], times[3]]);
    expect(String(batch.schema.fields[0]?.type)).toBe('Timestamp<MICROSECOND, UTC>');
  });

  it('lists and structs, with nulls at every level', () => {
    const member = (id: number, name: string, type: DataType) => ({ id, name, type, nullable: true });
    const items: DataType = {
      type: 'struct',
      fields: [member(3, 'key', { type: 'utf8' }), member(4, 'amount', { type: 'int64' })],
    };
    const values: ColumnValue[] = [
      [{ key: 'a', amount: MAX }, null],
      null,
      [],
      [
        { key: null, amount: null },
        { key: 'b', amount: -1n },
      ],
    ];
    const found = carried({ type: 'list', items: member(2, 'element', items) }, values);
    const plain = found.map((list) =>
      list === null
        ? null
        : [...(list as Iterable<{ toJSON(): unknown } | null>)].map((item) => item && item.toJSON()),
    );
    expect(plain).toEqual(values);
  });

  it('names the columns as the files do', () => {
    const batch = arrowBatch(schemaOf({ type: 'uint32' }, { type: 'uint64' }), [[1], [2n]]);
    expect(batch.schema.fields.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
      'c1 Uint32',
      'c2 Decimal[20e0]',
    ]);
  });
});
