import { JsonScanner, NODE } from '../json';
import type { TableSchema } from '../types';
import { assertStorable, describeType } from '../columns';
import { columnNames } from './names';
import { inferSchema, MAX_COLUMNS, messageEvidence } from './schema';

function schemaOf(messages: readonly string[], base?: TableSchema): TableSchema {
  const scanner = new JsonScanner();
  const evidence = messageEvidence();
  for (const text of messages) {
    expect(scanner.scan(Buffer.from(text), 0, Buffer.byteLength(text))).toBe(true);
    const { tape } = scanner;
    for (let key = NODE; key < tape.next(0); key = tape.next(key + NODE))
      evidence.member(tape, key)?.observe(tape, key + NODE);
  }
  return inferSchema('trade', evidence, base);
}

describe('columnNames', () => {
  it('keeps clean names and encodes the others in byte order', () => {
    const keys = ['', '\n', ' a', 'A', 'a', 'a b', 'a.b', 'year', 'é'].sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    expect(Object.fromEntries(columnNames(keys, ['Ledger']))).toEqual({
      '': '_',
      '\n': '__2',
      ' a': '_a',
      A: 'A',
      a: 'a_2',
      'a b': 'a_b',
      'a.b': 'a_b_2',
      year: 'year_2',
      é: '__3',
    });
  });

  it("reserves COPY's name for field ids, in any case", () => {
    expect(Object.fromEntries(columnNames(['__DuckDB_field_id', '__duckdb_field_id'], []))).toEqual({
      __DuckDB_field_id: '__DuckDB_field_id_2',
      __duckdb_field_id: '__duckdb_field_id_3',
    });
  });

  it('gives clean keys their own name before encoded ones', () => {
    expect(Object.fromEntries(columnNames([' ', '_', '_2'], []))).toEqual({ ' ': '__2', _: '_', _2: '_2' });
  });
});

describe('inferSchema', () => {
  it('always has ledger and close time, and numbers fields in name order', () => {
    const schema = schemaOf(['{"z":{"b":1,"a":[1]},"closed_at":"x","Amount":1}']);
    expect(schema.fields.map(({ id, name, nullable }) => [id, name, nullable])).toEqual([
      [1, 'Amount', true],
      [2, 'closed_at', false],
      [3, 'ledger_sequence', false],
      [4, 'z', true],
    ]);
    expect(schema).toMatchObject({
      origin: 'inferred',
      ledgerColumn: 'ledger_sequence',
      closeTimeColumn: 'closed_at',
    });
    expect(schema.fields[1]?.type).toEqual({ type: 'timestamp', unit: 'us', timezone: 'UTC' });
    expect(schema.fields[2]?.type).toEqual({ type: 'uint32' });
  });

  it('remembers keys that are not their column name', () => {
    const schema = schemaOf(['{"Closed_At":"x","a b":1}']);
    expect(schema.fields.map(({ name, key }) => [name, key])).toEqual([
      ['Closed_At_2', 'Closed_At'],
      ['a_b', 'a b'],
      ['closed_at', undefined],
      ['ledger_sequence', undefined],
    ]);
  });

  it('extends a base schema at any depth without changing its fields', () => {
    const base: TableSchema = {
      messageType: 'trade',
      origin: 'predefined',
      ledgerColumn: 'sequence',
      closeTimeColumn: 'at',
      fields: [
        { id: 1, name: 'sequence', type: { type: 'uint32' }, nullable: false },
        { id: 2, name: 'at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
        {
          id: 3,
          name: 'key',
          type: { type: 'struct', fields: [{ id: 9, name: 'type', type: { type: 'utf8' }, nullable: true }] },
          nullable: true,
        },
      ],
    };
    expect(schemaOf(['{"key":{"type":"x"},"at":5,"sequence":"y"}'], base)).toEqual(base);
    const extended = schemaOf(['{"KEY":1,"key":{"type":5,"value":true}}', '{"extra":[{"q":1}]}'], base);
    expect(extended.fields.slice(0, 2)).toEqual(base.fields.slice(0, 2));
    expect(extended.fields.slice(2)).toEqual([
      {
        id: 3,
        name: 'key',
        nullable: true,
        type: {
          type: 'struct',
          fields: [
            { id: 9, name: 'type', type: { type: 'utf8' }, nullable: true },
            { id: 10, name: 'value', type: { type: 'bool' }, nullable: true },
          ],
        },
      },
      { id: 11, name: 'KEY_2', key: 'KEY', type: { type: 'int64' }, nullable: true },
      {
        id: 12,
        name: 'extra',
        nullable: true,
        type: {
          type: 'list',
          items: {
            id: 13,
            name: 'element',
            nullable: true,
            type: {
              type: 'struct',
              fields: [{ id: 14, name: 'q', type: { type: 'int64' }, nullable: true }],
            },
          },
        },
      },
    ]);
  });

  it('has a column for a key from its first value on, with the type of that value', () => {
    const before = schemaOf(['{"n":1,"memo":null,"meta":{"k":1,"note":null}}']);
    expect(before.fields.map(({ name }) => name)).toEqual(['closed_at', 'ledger_sequence', 'meta', 'n']);
    const after = schemaOf(['{"memo":"hello","meta":{"note":true}}', '{"memo":null}'], before);
    expect(after.fields.map(({ name, type }) => [name, describeType(type)]).slice(2)).toEqual([
      ['meta', 'struct<k: int64, note: bool>'],
      ['n', 'int64'],
      ['memo', 'utf8'],
    ]);
    expect(schemaOf(['{"other":null,"meta":{"more":null,"k":null}}'], before)).toEqual(before);
  });

  it('can be stored for any keys, in a new and in a growing struct', () => {
    const text = '{"__duckdb_field_id":"a","s":{"k":1,"__duckdb_field_id":"b"}}';
    for (const schema of [schemaOf([text]), schemaOf([text], schemaOf(['{"s":{"k":1}}']))]) {
      assertStorable(schema);
      expect(schema.fields).toContainEqual(
        expect.objectContaining({ name: '__duckdb_field_id_2', key: '__duckdb_field_id' }),
      );
    }
  });

  it('refuses messages with ever more keys', () => {
    const wide = Array.from({ length: MAX_COLUMNS + 1 }, (_, index) => `"k${index}":1`).join();
    expect(() => schemaOf([`{${wide}}`])).toThrow(expect.objectContaining({ code: 'SCHEMA_CONFLICT' }));
  });
});
