import { MessageReader } from 'apache-arrow';
import { arrowSchemaBase64, toArrowSchema } from './arrow';
import { assertStorable, describeType, leaves } from './columns';
import { duckdbColumns, duckdbFieldIds, duckdbType } from './duckdb';
import type { DataType, Field, TableSchema } from './types';

const field = (id: number, name: string, type: DataType, nullable = true): Field => ({
  id,
  name,
  type,
  nullable,
});
const list = (items: Field): DataType => ({ type: 'list', items });
const struct = (...fields: Field[]): DataType => ({ type: 'struct', fields });
const schemaOf = (...fields: Field[]): TableSchema => ({
  messageType: 't',
  origin: 'inferred',
  fields,
  ledgerColumn: 'ledger',
  closeTimeColumn: 'closed_at',
});

const SCHEMA = schemaOf(
  field(1, 'ledger', { type: 'uint32' }, false),
  field(2, 'closed_at', { type: 'timestamp', unit: 'us', timezone: 'UTC' }, false),
  field(3, 'fee', { type: 'uint64' }),
  field(4, 'raw', { type: 'json' }),
  field(5, 'price', { type: 'decimal128', precision: 38, scale: 7 }),
  field(6, 'topics', list(field(7, 'item', { type: 'utf8' }))),
  field(
    8,
    'o\'"o',
    struct(field(9, 'a.b', { type: 'int64' }), field(10, 'l', list(field(11, 'x', { type: 'bool' })))),
  ),
);

describe('Arrow', () => {
  it('has the stored types, nullability and field ids', () => {
    const { fields } = toArrowSchema(SCHEMA);
    expect(fields.map(({ name, type, nullable }) => [name, String(type), nullable])).toEqual([
      ['ledger', 'Uint32', false],
      ['closed_at', 'Timestamp<MICROSECOND, UTC>', false],
      ['fee', 'Decimal[20e0]', true],
      ['raw', 'Utf8', true],
      ['price', 'Decimal[38e+7]', true],
      ['topics', 'List<Utf8>', true],
      ['o\'"o', 'Struct<{a.b:Int64, l:List<Bool>}>', true],
    ]);
    expect(fields.map(({ metadata }) => metadata.get('PARQUET:field_id'))).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '8',
    ]);
    expect(fields[5]?.type.children[0]).toMatchObject({ name: 'element', nullable: true });
  });

  it('is one encapsulated IPC schema message in base64, always the same', () => {
    const text = arrowSchemaBase64(SCHEMA);
    expect(arrowSchemaBase64(structuredClone(SCHEMA))).toBe(text);
    const bytes = Buffer.from(text, 'base64');
    expect(bytes.readInt32LE(0)).toBe(-1);
    expect(bytes.readInt32LE(4)).toBe(bytes.length - 8);
    expect(bytes.length % 8).toBe(0);
    const read = new MessageReader(bytes).readSchema();
    expect(String(read)).toBe(String(toArrowSchema(SCHEMA)));
  });
});

describe('DuckDB', () => {
  it('has an exact type for each', () => {
    expect(duckdbColumns(SCHEMA)).toEqual([
      ['ledger', 'UINTEGER'],
      ['closed_at', 'TIMESTAMPTZ'],
      ['fee', 'DECIMAL(20,0)'],
      ['raw', 'VARCHAR'],
      ['price', 'DECIMAL(38,7)'],
      ['topics', 'VARCHAR[]'],
      ['o\'"o', 'STRUCT("a.b" BIGINT, "l" BOOLEAN[])'],
    ]);
    expect(duckdbType(list(field(1, 'e', list(field(2, 'e', { type: 'float64' })))))).toBe('DOUBLE[][]');
  });

  it('lists every field id', () => {
    expect(duckdbFieldIds(SCHEMA)).toBe(
      "{'ledger': 1, 'closed_at': 2, 'fee': 3, 'raw': 4, 'price': 5, 'topics': {'__duckdb_field_id': 6, 'element': 7}, " +
        "'o''\"o': {'__duckdb_field_id': 8, 'a.b': 9, 'l': {'__duckdb_field_id': 10, 'element': 11}}}",
    );
  });

  it.each([
    [field(1, '', { type: 'utf8' })],
    [field(1, 'a\0', { type: 'utf8' })],
    [field(1, 's', struct())],
    [field(1, 's', struct(field(2, 'a', { type: 'utf8' }), field(3, 'A', { type: 'utf8' })))],
    [field(1, 'l', list(field(2, 'element', struct(field(3, '', { type: 'utf8' })))))],
    [field(1, 'd', { type: 'decimal128', precision: 39, scale: 0 })],
    [field(1, 's', struct(field(2, '__duckdb_field_id', { type: 'utf8' })))],
  ])('refuses %j', (bad) => {
    expect(() => assertStorable(schemaOf(bad))).toThrow(expect.objectContaining({ code: 'SCHEMA_CONFLICT' }));
  });
});

describe('columns', () => {
  it('lists the leaves in file order', () => {
    const found = [...leaves(SCHEMA)].slice(-3).map(({ name, id, parquetPath }) => [name, id, parquetPath]);
    expect(found).toEqual([
      ['topics.element', 7, ['topics', 'list', 'element']],
      ['o\'"o.a.b', 9, ['o\'"o', 'a.b']],
      ['o\'"o.l.element', 11, ['o\'"o', 'l', 'list', 'element']],
    ]);
  });

  it('describes types in one line', () => {
    expect(SCHEMA.fields.map(({ type }) => describeType(type))).toEqual([
      'uint32',
      'timestamp[us, tz=UTC]',
      'uint64',
      'json',
      'decimal128(38, 7)',
      'list<utf8>',
      'struct<a.b: int64, l: list<bool>>',
    ]);
  });
});
