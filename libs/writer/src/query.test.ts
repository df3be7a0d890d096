import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataType, type TableSchema, duckdbType } from '@parquetry/schema';
import { type Query, openQuery } from './query';
import { SCHEMA } from './testing/stage';
import { openWriter } from './writer';

const FIELDS: TableSchema['fields'] = [
  { id: 1, name: 'ledger', type: { type: 'int32' }, nullable: false },
  { id: 2, name: 'amount', type: { type: 'int64' }, nullable: true },
];
const TABLE: TableSchema = { ...SCHEMA, fields: FIELDS };
let dir: string;
let file: string;
let query: Query;

beforeAll(async () => {
  // Glob signs in a path are part of its name, and a folder like a Hive partition adds no column.
  const root = await mkdtemp(path.join(os.tmpdir(), 'parquetry-query-'));
  dir = root;
  file = path.join(dir, 'year=2025 [1]*.parquet');
  const input = path.join(dir, 'rows.ndjson');
  await writeFile(
    input,
    '{"ledger":1,"amount":9223372036854775807}\n{"ledger":2}\n{"ledger":3,"amount":-1}\n',
  );
  const writer = await openWriter();
  await writer.copyNdjsonToParquet({ input, columns: { ledger: 'INTEGER', amount: 'BIGINT' }, output: file });
  await writer.close();
});

beforeEach(async () => {
  query = await openQuery({ memoryLimit: '200MB', threads: 1 });
  await query.createView('t', [file], TABLE);
});

afterEach(() => query.close());
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('query', () => {
  it('returns names, types and JSON values, 64-bit numbers as text', async () => {
    expect(await query.run('SELECT * FROM t ORDER BY ledger')).toEqual({
      columns: [
        { name: 'ledger', type: 'INTEGER' },
        { name: 'amount', type: 'BIGINT' },
      ],
      rows: [
        [1, '9223372036854775807'],
        [2, null],
        [3, '-1'],
      ],
      truncated: false,
    });
    expect((await query.run('SUMMARIZE t')).rows).toHaveLength(2);
    expect(await query.run('FROM t', { maxRows: 2 })).toMatchObject({
      truncated: true,
      rows: [
        [1, expect.anything()],
        [2, null],
      ],
    });
  });

  it('shows an empty view with the columns of the schema when there are no files', async () => {
    await query.createView('none', [], SCHEMA);
    const { columns, rows } = await query.run('SELECT * FROM none');
    expect(rows).toEqual([]);
    expect(columns.map(({ name }) => name)).toEqual(SCHEMA.fields.map(({ name }) => name));
    expect(columns[3]?.type).toBe('DECIMAL(20,0)');
  });

  it('reads the rows of a view column by column, every value exactly', async () => {
    const types: [string, DataType][] = [
      ['amount', { type: 'int64' }],
      ['total', { type: 'decimal128', precision: 38, scale: 2 }],
      ['at', { type: 'timestamp', unit: 'us', timezone: 'UTC' }],
      ['ids', { type: 'list', items: { id: 9, name: 'element', type: { type: 'uint64' }, nullable: true } }],
      ['entry', { type: 'struct', fields: [{ id: 8, name: 'key', type: { type: 'utf8' }, nullable: true }] }],
    ];
    const fields = types.map(([name, type], index) => ({ id: index + 1, name, type, nullable: true }));
    const typed = path.join(dir, 'typed.parquet');
    const input = path.join(dir, 'typed.ndjson');
    await writeFile(
      input,
      [
        '{"amount":"-9223372036854775808","total":"-999999999999999999999999999999999999.99"',
        '"at":"1969-12-31T23:59:59.999999Z","ids":["18446744073709551615",null],"entry":{"key":"a"}}\n{}\n',
      ].join(','),
    );
    const columns = Object.fromEntries(types.map(([name, type]) => [name, duckdbType(type)]));
    const writer = await openWriter();
    await writer.copyNdjsonToParquet({ input, columns, output: typed });
    await writer.close();
    await query.createView('typed', [typed], { ...TABLE, fields });
    const found = [];
    for await (const chunk of query.read('typed', ['total', 'amount', 'at', 'ids', 'entry']))
      found.push(chunk);
    expect(found).toEqual([
      [
        [-99999999999999999999999999999999999999n, null],
        [-(2n ** 63n), null],
        [-1n, null],
        [[2n ** 64n - 1n, null], null],
        [{ key: 'a' }, null],
      ],
    ]);
  });

  it('keeps a byte order mark at the start of a text, in every format', async () => {
    const sql = `SELECT chr(65279) || 'a' AS t, [chr(65279) || 'b'] AS l, {'k': chr(65279) || repeat('c', 20)} AS s`;
    expect((await query.run(sql)).rows).toEqual([['\ufeffa', ['\ufeffb'], { k: `\ufeff${'c'.repeat(20)}` }]]);
    for (const format of ['ndjson', 'csv', 'arrow'] as const) {
      const parts: Uint8Array[] = [];
      for await (const part of query.stream(sql, format)) parts.push(Buffer.from(part));
      const bytes = Buffer.concat(parts);
      for (const text of ['\ufeffa', '\ufeffb', '\ufeffcccc']) expect(bytes.includes(text)).toBe(true);
    }
  });

  it('shows only the ledgers of a range if requested', async () => {
    await query.createView('part', [file], { ...TABLE, ledgerColumn: 'ledger' }, [
      { start: 2, end: 2 },
      { start: 3, end: 9 },
    ]);
    expect((await query.run('SELECT ledger FROM part ORDER BY 1')).rows).toEqual([[2], [3]]);
  });

  it('shows columns that a file lacks as null', async () => {
    await query.createView('wide', [file], {
      ...TABLE,
      fields: [...FIELDS, { id: 3, name: 'new', type: { type: 'utf8' }, nullable: true }],
    });
    expect((await query.run('SELECT new, ledger FROM wide LIMIT 1')).rows).toEqual([[null, 1]]);
  });

  it('reads nothing but its files and writes nowhere', async () => {
    const before = await readFile(file);
    const target = path.join(dir, 'out.csv');
    const other = path.join(dir, 'rows.ndjson');
    for (const sql of [
      `SELECT * FROM read_text('${other}')`,
      `SELECT * FROM read_json('${other}')`,
      `SELECT * FROM glob('${dir}/*')`,
      `COPY (SELECT 1) TO '${target}'`,
      `COPY (SELECT 1 AS x) TO '${file}' (FORMAT parquet, USE_TMP_FILE false)`,
      `EXPLAIN ANALYZE COPY (SELECT 1 AS x) TO '${file}' (FORMAT parquet, USE_TMP_FILE false)`,
      `ATTACH '${target}'`,
      'INSTALL httpfs',
      'LOAD httpfs',
      'SET enable_external_access = true',
      'CREATE TABLE x AS SELECT 1',
      'DROP VIEW t',
      'SELECT 1; SELECT 2',
      'SELECT FROM WHERE',
      '',
    ])
      await expect(query.run(sql)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    expect(existsSync(target)).toBe(false);
    expect((await readFile(file)).equals(before)).toBe(true);
    expect((await query.run('SELECT count(*) FROM t')).rows).toEqual([['3']]);
  });

  it('ends a statement whose interrupt came before it began to run, and runs the next one', async () => {
    const ended = query.run('SELECT count(*) FROM range(100000000000) s(i) WHERE hash(i) = 1');
    query.interrupt();
    await expect(ended).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    expect((await query.run('SELECT count(*) FROM t')).rows).toEqual([['3']]);
  }, 60_000);

  it('closes only when no stream is at work in DuckDB', async () => {
    // Ordered, so that the first part takes seconds.
    const sql = 'SELECT hash(i) AS h FROM range(30000000) s(i) ORDER BY 1';
    for (const waitMs of [0, 5, 300]) {
      const engine = await openQuery({ memoryLimit: '1GB', threads: 1 });
      const stream = engine.stream(sql, 'ndjson');
      let ended = false;
      const first = stream.next().then(
        () => (ended = true),
        (error: unknown) => ((ended = true), error),
      );
      await sleep(waitMs);
      await engine.close();
      expect(ended).toBe(true);
      expect(await first).toMatchObject({ code: 'QUERY_INVALID' });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('spills and answers within its memory limit', async () => {
    const sql = `SELECT count(*), max(r) FROM (SELECT row_number() OVER (ORDER BY k) AS r FROM
      (SELECT hash(i)::VARCHAR || repeat('x', 100) AS k FROM range(2000000) s(i)))`;
    expect((await query.run(sql)).rows).toEqual([['2000000', '2000000']]);
  });
});
