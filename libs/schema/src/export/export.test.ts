import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { DuckDBInstance } from '@duckdb/node-api';
import Ajv from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import * as arrow from 'apache-arrow';
import avro from 'avsc';
import { field, schemaOf } from '../compat/testing/schemas';
import { PYTHON } from '../compat/testing/readers';
import type { DataType } from '../types';
import { arrowIpc, arrowJson } from './arrow';
import { avroSchema } from './avro';
import { jsonSchema } from './jsonschema';
import { createTableSql, viewsSql } from './sql';

const struct = (...fields: ReturnType<typeof field>[]): DataType => ({ type: 'struct', fields });
const SCHEMA = {
  ...schemaOf(
    field(3, 'fee', 'uint64'),
    { ...field(4, 'price', { type: 'decimal128', precision: 38, scale: 7 }), doc: "Price, in 'units'" },
    field(5, 'raw', 'json'),
    field(6, 'a b', 'int64', false),
    field(7, 'tags', { type: 'list', items: field(8, 'element', 'utf8') }),
    field(9, 's', struct(field(10, 't-x', struct(field(11, 'x', 'bool'))), field(12, '1', 'float64'))),
    field(13, 's_t', struct(field(14, 'x', 'int32'))),
    field(15, 't_s', struct(field(16, 'y', 'int32'))),
  ),
  doc: 'A payment',
};
const ROW = {
  ledger_sequence: 4294967295,
  closed_at: '2025-07-13T00:00:00.000001Z',
  fee: '18446744073709551615',
  price: '1234567890123456789012345678901.7654321',
  raw: '{"n":1}',
  'a b': '-9223372036854775808',
  tags: ['x', null],
  s: { 't-x': { x: true }, '1': 0.5 },
  s_t: null,
  t_s: { y: -1 },
};

describe('Arrow', () => {
  it("is JSON in the form of Arrow's integration tests", () => {
    const { fields } = arrowJson(SCHEMA).schema;
    expect(fields.slice(0, 4)).toEqual([
      entry('ledger_sequence', false, { name: 'int', bitWidth: 32, isSigned: false }, '1'),
      entry('closed_at', false, { name: 'timestamp', unit: 'MICROSECOND', timezone: 'UTC' }, '2'),
      entry('fee', true, { name: 'decimal', precision: 20, scale: 0, bitWidth: 128 }, '3'),
      entry('price', true, { name: 'decimal', precision: 38, scale: 7, bitWidth: 128 }, '4'),
    ]);
    expect(fields[6]).toMatchObject({
      type: { name: 'list' },
      children: [{ name: 'element', type: { name: 'utf8' } }],
    });
    expect(fields[7]?.children.map(({ name, type }) => [name, type['name']])).toEqual([
      ['t-x', 'struct'],
      ['1', 'floatingpoint'],
    ]);
  });

  it('is an IPC stream without rows', () => {
    const table = arrow.tableFromIPC(arrowIpc(SCHEMA));
    expect(table.numRows).toBe(0);
    expect(table.schema.fields.map(({ name, nullable }) => [name, nullable])).toEqual(
      SCHEMA.fields.map(({ name, nullable }) => [name, nullable]),
    );
  });

  (PYTHON === undefined ? it.skip : it)(
    `pyarrow reads the IPC stream${PYTHON === undefined ? ' (skipped: PARQUETRY_PYTHON is not set)' : ''}`,
    async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'parquetry-export-'));
      try {
        const file = path.join(folder, 'schema.arrow');
        await writeFile(file, arrowIpc(SCHEMA));
        const script =
          'import sys, pyarrow as pa\nprint([str(f.type) for f in pa.ipc.open_stream(sys.argv[1]).schema])\nprint(pa.ipc.read_schema(pa.memory_map(sys.argv[1])).names)';
        const [types, names] = execFileSync(PYTHON ?? '', ['-c', script, file])
          .toString()
          .trim()
          .split('\n');
        expect(types).toBe(
          "['uint32', 'timestamp[us, tz=UTC]', 'decimal128(20, 0)', 'decimal128(38, 7)', 'string', 'int64', 'list<element: string>', 'struct<t-x: struct<x: bool>, 1: double>', 'struct<x: int32>', 'struct<y: int32>']",
        );
        expect(names).toContain("'a b'");
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

/** Columns whose names are not the message's keys, at the top, flattened and nested. */
const RENAMED = schemaOf(
  { ...field(3, 'a_b', 'int64'), key: 'a b', doc: 'Count' },
  { ...field(4, 'asset_code', 'utf8'), path: ['asset', 'code'] },
  field(5, 'list', {
    type: 'list',
    items: field(6, 'element', struct({ ...field(7, '_', 'utf8'), key: '' }, field(8, 'plain', 'bool'))),
  }),
);

describe('names that are not the message’s keys', () => {
  const key = (value: string) => ({ key: 'parquetry.key', value });

  it('are in the Arrow schema of the files, with keys and paths', () => {
    const [, , encoded, flat, list] = arrowJson(RENAMED).schema.fields;
    expect(encoded?.metadata).toContainEqual(key('a b'));
    expect(flat?.metadata).toContainEqual({ key: 'parquetry.path', value: '["asset","code"]' });
    const [empty, plain] = list?.children[0]?.children ?? [];
    expect(empty?.metadata).toContainEqual(key(''));
    expect(plain?.metadata).toEqual([{ key: 'PARQUET:field_id', value: '8' }]);
    const read = arrow.tableFromIPC(arrowIpc(RENAMED)).schema.fields[3];
    expect(read?.metadata.get('parquetry.path')).toBe('["asset","code"]');
  });

  it('are in Avro, JSON Schema and SQL too', () => {
    const text = JSON.stringify(avroSchema(RENAMED));
    expect(text).toContain('"parquetry.key":"a b"');
    expect(text).toContain('"parquetry.key":""');
    expect(text).toContain('"parquetry.path":"[\\"asset\\",\\"code\\"]"');
    const json = jsonSchema(RENAMED);
    expect(json).toMatchObject({
      properties: {
        a_b: { description: 'Count', $comment: 'message key "a b"' },
        asset_code: { $comment: 'message path ["asset","code"]' },
      },
    });
    expect(JSON.stringify(json)).toContain('"$comment":"message key \\"\\""');
    const ajv = new Ajv({ strict: true, allowUnionTypes: true });
    addFormats(ajv);
    expect(() => ajv.compile(json)).not.toThrow();
    expect(createTableSql(RENAMED)).toContain(`."a_b" IS 'Count; message key "a b"';`);
    expect(createTableSql(RENAMED)).toContain(`."asset_code" IS 'message path ["asset","code"]';`);
  });
});

function entry(name: string, nullable: boolean, type: object, id: string): object {
  return { name, nullable, type, children: [], metadata: [{ key: 'PARQUET:field_id', value: id }] };
}

describe('Avro', () => {
  it('is a schema that an Avro library accepts, with logical types and encoded names', () => {
    const type = avro.Type.forSchema(avroSchema({ ...SCHEMA, messageType: 'pay-ment' }) as avro.Schema, {
      noAnonymousTypes: true,
    });
    expect(type.name).toBe('parquetry.pay_x2D_ment');
    const json = avroSchema(SCHEMA) as { fields: { name: string; type: unknown }[] };
    const types = Object.fromEntries(json.fields.map((one) => [one.name, one.type]));
    expect(types).toMatchObject({
      ledger_sequence: 'long',
      closed_at: { type: 'long', logicalType: 'timestamp-micros' },
      fee: ['null', { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 0 }],
      price: ['null', { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 7 }],
      a_x20_b: 'long',
      tags: ['null', { type: 'array', items: ['null', 'string'] }],
    });
    expect(json.fields[5]).toMatchObject({ 'parquetry.name': 'a b', 'parquetry.id': 6 });
  });

  it('writes and reads a row', () => {
    const type = avro.Type.forSchema(avroSchema(SCHEMA) as avro.Schema);
    const row = {
      ledger_sequence: 1,
      closed_at: 1752364800000000,
      fee: null,
      price: { bytes: Buffer.from([1]) },
      raw: { string: '{}' },
      a_x20_b: 5,
      tags: { array: [{ string: 'x' }, null] },
      s: null,
      s_t: null,
      t_s: null,
    };
    const wrapped = avro.Type.forSchema(avroSchema(SCHEMA) as avro.Schema, { wrapUnions: true });
    expect(wrapped.fromBuffer(wrapped.toBuffer(row))).toMatchObject({ ledger_sequence: 1, a_x20_b: 5 });
    expect(type.isValid({ ...row, a_x20_b: null })).toBe(false);
  });
});

describe('JSON Schema', () => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true });
  addFormats(ajv);
  const check = ajv.compile(jsonSchema(SCHEMA));

  it('accepts a row, in strict 2020-12', () => {
    expect(check(ROW) || check.errors).toBe(true);
    expect(check({ ...ROW, fee: 5, 'a b': -7, price: null }) || check.errors).toBe(true);
  });

  it.each([
    ['a missing column', { ...ROW, 'a b': undefined }],
    ['an unknown column', { ...ROW, other: 1 }],
    ['null where it is not nullable', { ...ROW, closed_at: null }],
    ['a negative uint64', { ...ROW, fee: '-1' }],
    ['a ledger beyond 32 bits', { ...ROW, ledger_sequence: 4294967296 }],
    ['an unknown member', { ...ROW, t_s: { y: 1, z: 2 } }],
    ['too many digits', { ...ROW, price: '1.76543210' }],
    ['a time without an offset', { ...ROW, closed_at: '2025-07-13T00:00:00' }],
  ])('refuses %s', (_, row) => {
    expect(check(JSON.parse(JSON.stringify(row)))).toBe(false);
  });
});

describe('SQL', () => {
  it('makes the table in DuckDB, and views over files of two versions', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "parquetry-o'sql-"));
    const instance = await DuckDBInstance.create(':memory:');
    const duck = await instance.connect();
    try {
      await duck.run(createTableSql(SCHEMA));
      const described = await duck.runAndReadAll('DESCRIBE payment');
      expect(described.getRowsJson().map(([name, type, nullable]) => [name, type, nullable])).toEqual([
        ['ledger_sequence', 'UINTEGER', 'NO'],
        ['closed_at', 'TIMESTAMP WITH TIME ZONE', 'NO'],
        ['fee', 'DECIMAL(20,0)', 'YES'],
        ['price', 'DECIMAL(38,7)', 'YES'],
        ['raw', 'VARCHAR', 'YES'],
        ['a b', 'BIGINT', 'NO'],
        ['tags', 'VARCHAR[]', 'YES'],
        ['s', 'STRUCT("t-x" STRUCT(x BOOLEAN), "1" DOUBLE)', 'YES'],
        ['s_t', 'STRUCT(x INTEGER)', 'YES'],
        ['t_s', 'STRUCT(y INTEGER)', 'YES'],
      ]);
      const comments = await duck.runAndReadAll(
        `SELECT comment FROM duckdb_columns() WHERE table_name = 'payment' AND comment IS NOT NULL`,
      );
      expect(comments.getRowsJson()).toEqual([["Price, in 'units'"]]);

      const files = ['1', '2'].map((name) => path.join(folder, `${name}.parquet`));
      const sql = (index: number): string => `'${files[index]?.replaceAll("'", "''")}'`;
      await duck.run(`COPY (SELECT 1::UINTEGER AS ledger_sequence) TO ${sql(0)} (FORMAT parquet)`);
      await duck.run(
        `COPY (SELECT 2::UINTEGER AS ledger_sequence, 5::BIGINT AS "a b") TO ${sql(1)} (FORMAT parquet)`,
      );
      const text = viewsSql([
        { name: 'payment.v2', files, schema: SCHEMA },
        { name: 'empty', files: [], schema: SCHEMA },
      ]);
      expect(text).toContain('union_by_name=true, hive_partitioning=false');
      await duck.run(text);
      const rows = await duck.runAndReadAll(
        'SELECT ledger_sequence, "a b", price, s FROM "payment.v2" ORDER BY 1',
      );
      expect(rows.getRowsJson()).toEqual([
        [1, null, null, null],
        [2, '5', null, null],
      ]);
      expect((await duck.runAndReadAll('SELECT count(*) FROM empty')).getRowsJson()).toEqual([['0']]);
    } finally {
      duck.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
