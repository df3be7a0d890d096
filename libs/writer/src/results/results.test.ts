import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBTimestampTZValue } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { type Query, openQuery } from '../query';

let dir: string;
let query: Query;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-results-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  // As in a process in another time zone.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 120;
  query = await openQuery({ memoryLimit: '200MB', threads: 1 });
});
afterEach(() => query.close());

/** Values that do not survive a double, or are special in a format. */
const EXACT = `SELECT * FROM (VALUES
  (1, 18446744073709551615::UBIGINT, -0.10::DECIMAL(38,2), '2025-07-13 09:36:17.000001+00'::TIMESTAMPTZ, 'a,"b"', [1, NULL]),
  (2, NULL, 99999999999999999999999999999999999.99::DECIMAL(38,2), NULL, '', NULL),
  (3, 9007199254740993, NULL, '1969-12-31 23:59:59+00'::TIMESTAMPTZ, NULL, [])
) t(id, big, amount, closed, "text", list) ORDER BY id;`;

async function text(sql: string, format: 'csv' | 'json' | 'ndjson'): Promise<string> {
  let all = '';
  for await (const part of query.stream(sql, format)) all += String(part);
  return all;
}

async function arrow(sql: string): Promise<ReturnType<typeof tableFromIPC>> {
  const parts: Uint8Array[] = [];
  for await (const part of query.stream(sql, 'arrow')) parts.push(part as Uint8Array);
  return tableFromIPC(Buffer.concat(parts));
}

describe('a result', () => {
  it('is exact as CSV: nulls are empty, empty text is quoted, nested values are JSON', async () => {
    expect(await text(EXACT, 'csv')).toBe(
      [
        'id,big,amount,closed,text,list',
        '1,18446744073709551615,-0.10,2025-07-13 09:36:17.000001+00,"a,""b""","[1,null]"',
        '2,,99999999999999999999999999999999999.99,,"",',
        '3,9007199254740993,,1969-12-31 23:59:59+00,,[]',
        '',
      ].join('\n'),
    );
    expect(await text('SELECT 1 AS a WHERE false', 'csv')).toBe('a\n');
  });

  it('is exact as JSON: 64-bit integers, decimals and times are text, in UTC', async () => {
    const rows = [
      {
        ...{ id: 1, big: '18446744073709551615', amount: '-0.10', closed: '2025-07-13 09:36:17.000001+00' },
        ...{ text: 'a,"b"', list: [1, null] },
      },
      {
        id: 2,
        big: null,
        amount: '99999999999999999999999999999999999.99',
        closed: null,
        text: '',
        list: null,
      },
      {
        id: 3,
        big: '9007199254740993',
        amount: null,
        closed: '1969-12-31 23:59:59+00',
        text: null,
        list: [],
      },
    ];
    expect(JSON.parse(await text(EXACT, 'json'))).toEqual(rows);
    const lines = (await text(EXACT, 'ndjson')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
    expect(JSON.parse(await text('SELECT 1 AS a WHERE false', 'json'))).toEqual([]);
    expect(await text('SELECT 1 AS a WHERE false', 'ndjson')).toBe('');
    expect(JSON.parse(await text('SELECT i FROM range(5000) t(i)', 'json'))).toHaveLength(5000);
  });

  it('is exact as Arrow; types without an Arrow column of ours are text', async () => {
    const table = await arrow(EXACT);
    expect(table.schema.fields.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
      'id Int32',
      'big Decimal[20e0]',
      'amount Decimal[38e+2]',
      'closed Timestamp<MICROSECOND, UTC>',
      'text Utf8',
      'list List<Int32>',
    ]);
    expect(table.numRows).toBe(3);
    expect(table.getChild('closed')?.data[0]?.values[0]).toBe(1752399377000001n);
    const other = await arrow(
      `SELECT DATE '2025-07-13' AS d, INTERVAL 2 DAY AS i, MAP {'a': 1} AS m, sum(1::BIGINT) AS s,
       {'x': 18446744073709551615::UBIGINT} AS st, true AS b, 0.5::FLOAT AS f`,
    );
    expect(other.schema.fields.map(({ type }) => String(type))).toEqual([
      ...['Utf8', 'Utf8', 'Utf8', 'Decimal[38e0]', 'Struct<{x:Decimal[20e0]}>', 'Bool', 'Float64'],
    ]);
    expect(other.get(0)?.['d']).toBe('2025-07-13');
    expect((await arrow('SELECT 1 AS a WHERE false')).numRows).toBe(0);
    expect((await arrow('SELECT i FROM range(5000) t(i)')).numRows).toBe(5000);
    await expect(arrow('SELECT 170141183460469231731687303715884105727::HUGEINT')).rejects.toThrow(
      'has more than 38 digits',
    );
  });

  it('is a Parquet file, and nothing else can be written', async () => {
    const file = path.join(dir, 'result.parquet');
    await query.copyParquet(`${EXACT} -- done`, file);
    expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1');
    expect((await query.run(`SELECT big, amount FROM read_parquet('${file}') ORDER BY id`)).rows).toEqual([
      ['18446744073709551615', '-0.10'],
      [null, '99999999999999999999999999999999999.99'],
      ['9007199254740993', null],
    ]);
    const other = await openQuery();
    const copy = `COPY (SELECT 1) TO '${path.join(dir, 'other.csv')}'`;
    for (const sql of [copy, `SELECT 1; ${copy}`, `SELECT 1) TO '${path.join(dir, 'x')}'; --`])
      await expect(other.copyParquet(sql, path.join(dir, 'b.parquet'))).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/QUERY_INVALID|INTERNAL/) }),
      );
    await other.close();
  });

  it('with two columns of one name is refused where one would be lost', async () => {
    const twice = 'SELECT 1 AS a, 2 AS a';
    await expect(text(twice, 'json')).rejects.toThrow('two columns are named a');
    expect(await text(twice, 'csv')).toBe('a,a\n1,2\n');
    const other = await openQuery();
    await expect(other.copyParquet(twice, path.join(dir, 'twice.parquet'))).rejects.toThrow('two columns');
    await other.close();
  });
});
