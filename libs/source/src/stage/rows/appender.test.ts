import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { StagedDataset } from '@parquetry/core';
import type { DataType, Field, TableSchema } from '@parquetry/schema';
import type { Row, RowValue } from '@parquetry/stellar';
import { readStage } from '../../ndjson/testing/readback';
import { DatasetStage } from '../dataset';
import { writeManifest } from '../manifest';
import { PlainParts } from '../plain/parts';
import { RowAppender } from './appender';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-rows-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const list = (type: DataType): DataType => ({
  type: 'list',
  items: { id: 50, name: 'element', type, nullable: true },
});
const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal128', precision, scale });
const fields = (types: Readonly<Record<string, DataType>>): Field[] =>
  Object.entries(types).map(([name, type], index) => ({ id: index + 1, name, type, nullable: true }));
const time: DataType = { type: 'timestamp', unit: 'us', timezone: 'UTC' };

const ALL = {
  flag: { type: 'bool' },
  small: { type: 'int32' },
  count: { type: 'uint32' },
  big: { type: 'int64' },
  size: { type: 'uint64' },
  price: { type: 'float64' },
  amount: decimal(19, 7),
  wide: decimal(38, 0),
  text: { type: 'utf8' },
  value: { type: 'json' },
  at: time,
} as const satisfies Record<string, DataType>;

const TYPES: Readonly<Record<string, DataType>> = {
  ...ALL,
  tags: list({ type: 'utf8' }),
  pair: {
    type: 'struct',
    fields: fields({ a: { type: 'uint64' }, 'b "quoted"': list(list({ type: 'bool' })) }),
  },
  all: { type: 'struct', fields: fields(ALL) },
  path: list({
    type: 'struct',
    fields: fields({ code: { type: 'utf8' }, amount: decimal(19, 7), at: time }),
  }),
};

const schemaOf = (columns: readonly Field[]): TableSchema => ({
  messageType: 't',
  origin: 'predefined',
  ledgerColumn: 'count',
  closeTimeColumn: 'at',
  fields: columns,
});
const SCHEMA = schemaOf(fields(TYPES));

/** Stages rows of one ledger; returns the counts, and the rows as the writer's casts read them. */
async function stage(
  rows: readonly Row[],
  schema = SCHEMA,
): Promise<{ staged: StagedDataset; read: unknown[] }> {
  const collected = new DatasetStage(dir, schema, 't', new PlainParts(dir, 't', schema));
  const appender = new RowAppender(collected);
  for (const row of rows) appender.append(row, 7, 0);
  const staged = await collected.finish();
  const range = { start: 7, end: 7 };
  await writeManifest(dir, {
    stageId: 's',
    range,
    datasets: [staged],
    bytesRead: 0,
    proof: { kind: 'declared' },
  });
  const read = (await readStage(dir, schema)).map((row) => JSON.parse(JSON.stringify(row, shown)) as unknown);
  return { staged, read };
}

/** DuckDB's values as text, so that they compare. */
function shown(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return value;
  if ('items' in value) return value.items;
  if ('entries' in value) return value.entries;
  return Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value) ? value : String(value);
}

describe('RowAppender', () => {
  const scalars = {
    flag: true,
    small: -(2 ** 31),
    count: 2 ** 32 - 1,
    big: -(2n ** 63n),
    size: 2n ** 64n - 1n,
    price: -0,
    amount: -15000000n,
    wide: 10n ** 38n - 1n,
    text: 'a"\\\n\u0001é漢😀\u007f\u2028',
    value: '{"a":"b\\n"}',
    at: 1_700_000_000_123_456,
  };
  const read = {
    flag: true,
    small: -(2 ** 31),
    count: 2 ** 32 - 1,
    big: String(-(2n ** 63n)),
    size: String(2n ** 64n - 1n),
    price: '-0',
    amount: '-1.5000000',
    wide: '9'.repeat(38),
    text: scalars.text,
    value: scalars.value,
    at: '2023-11-14 22:13:20.123456+00',
  };
  const nothing = Object.fromEntries(Object.keys(TYPES).map((name) => [name, null]));

  it('stages every type exactly, alone and nested', async () => {
    const { staged, read: rows } = await stage([
      {},
      {
        ...scalars,
        tags: ['x', null, '', '"'],
        pair: { a: 0, 'b "quoted"': [[true, null], null, []] },
        all: scalars,
        path: [{ code: 'XLM', amount: 1n, at: -1 }, null, {}],
      },
      {
        ...nothing,
        big: 9_007_199_254_740_991,
        amount: 0n,
        at: -62_135_596_800_000_000n,
        tags: [],
        pair: {},
        path: [],
      },
    ]);
    expect(rows).toEqual([
      nothing,
      {
        ...read,
        tags: ['x', null, '', '"'],
        pair: { a: '0', 'b "quoted"': [[true, null], null, []] },
        all: read,
        path: [
          { code: 'XLM', amount: '0.0000001', at: '1969-12-31 23:59:59.999999+00' },
          null,
          { code: null, amount: null, at: null },
        ],
      },
      {
        ...nothing,
        big: '9007199254740991',
        amount: '0.0000000',
        at: '0001-01-01 00:00:00+00',
        tags: [],
        pair: { a: null, 'b "quoted"': null },
        path: [],
      },
    ]);
    expect(staged).toMatchObject({ rows: 3, sorted: true, negativeZeros: true });
    expect(staged.columns['small']).toEqual({ nulls: 2, min: String(-(2 ** 31)), max: String(-(2 ** 31)) });
    expect(staged.columns['big']).toMatchObject({
      nulls: 1,
      min: String(-(2n ** 63n)),
      max: '9007199254740991',
    });
    expect(staged.columns['all']).toEqual({ nulls: 2 });
  });

  it('counts the bytes of values as messages have them: a struct is its JSON text with every member', async () => {
    const bytesOf = async (name: string, value: RowValue): Promise<number> =>
      (await stage([{ [name]: value }])).staged.bytes;
    expect(await bytesOf('amount', 15000000n)).toBe(16);
    expect(await bytesOf('text', 'é')).toBe(6);
    expect(await bytesOf('pair', { 'b "quoted"': [[false]] })).toBe(
      4 + Buffer.byteLength('{"a":null,"b \\"quoted\\"":[[false]]}'),
    );
    expect(await bytesOf('path', [{ amount: -10n, code: 'A' }])).toBe(
      4 + Buffer.byteLength('[{"code":"A","amount":"-0.000001","at":null}]'),
    );
  });

  it.each([200, 256, 257, 5000])('stages text of %d values, as codes or as it is', async (values) => {
    const rows = Array.from({ length: 7000 }, (_, index): Row => ({
      count: index,
      text: index % 7 === 0 ? null : `value ${index % values} ${'x'.repeat(1700)}`,
      value: index < 6500 ? '"same"' : String(index % values),
    }));
    const { staged, read: found } = await stage(rows);
    expect(staged.parts.length).toBe(2);
    const text = (row: unknown): string => JSON.stringify({ ...nothing, ...(row as Row) });
    expect(found.findIndex((row, index) => text(row) !== text(rows[index]))).toBe(-1);
    const size = rows.reduce(
      (sum, { text, value }) =>
        sum + (text === null ? 0 : 4 + String(text).length) + 4 + String(value).length,
      4 * rows.length,
    );
    expect(staged.bytes).toBe(size);
  });

  it('stages a wide struct with few values, in any order of its keys', async () => {
    const members = fields(
      Object.fromEntries(Array.from({ length: 130 }, (_, at) => [`member ${at}`, ALL.text])),
    );
    const schema = schemaOf([
      ...fields(ALL),
      { id: 999, name: 'details', type: { type: 'struct', fields: members }, nullable: true },
    ]);
    const empty = Object.fromEntries(members.map(({ name }) => [name, null]));
    const { read: rows } = await stage(
      [
        { details: { 'member 129': 'last', 'member 0': 'first', 'member 64': 'middle', 'member 1': null } },
        { details: { 'member 5': undefined } },
        { details: null },
      ],
      schema,
    );
    expect(rows.map((row) => (row as Row)['details'])).toEqual([
      { ...empty, 'member 0': 'first', 'member 64': 'middle', 'member 129': 'last' },
      empty,
      null,
    ]);
  });

  it.each<[string, RowValue]>([
    ['flag', 1],
    ['small', 2 ** 31],
    ['small', 1.5],
    ['small', '5'],
    ['small', 5n],
    ['count', -1],
    ['count', 2 ** 32],
    ['big', 2n ** 63n],
    ['big', 2 ** 53],
    ['big', 0.5],
    ['size', -1n],
    ['size', 2n ** 64n],
    ['price', Number.POSITIVE_INFINITY],
    ['price', Number.NaN],
    ['price', '1'],
    ['price', 1n],
    ['amount', 1],
    ['amount', '1.5'],
    ['amount', 10n ** 19n],
    ['amount', -(10n ** 19n)],
    ['wide', 10n ** 38n],
    ['text', 5],
    ['text', 'half \ud83d pair'],
    ['value', { a: 1 }],
    ['value', '"\udc00"'],
    ['at', -62_135_596_800_000_001n],
    ['at', 253_402_300_800_000_000n],
    ['at', 0.5],
    ['at', '2025-01-01T00:00:00Z'],
  ])('refuses what a column or a member can not hold exactly: %s = %p', (name, value) => {
    const appender = new RowAppender(new DatasetStage(dir, SCHEMA, 't', new PlainParts(dir, 't', SCHEMA)));
    const refused = (row: Row, column: string): void =>
      expect(() => appender.append(row, 7, 0)).toThrow(
        expect.objectContaining({
          code: 'SCHEMA_CONFLICT',
          message: expect.stringContaining(`${column} (`) as string,
        }) as Error,
      );
    refused({ [name]: value }, name);
    refused({ all: { [name]: value } }, `all.${name}`);
  });

  it.each<[string, RowValue]>([
    ['tags', 'x'],
    ['tags', [1]],
    ['tags', { length: 1 }],
    ['pair', []],
    ['pair', 'a'],
    ['pair', { c: 1 }],
    ['pair', { c: null }],
    ['pair', { a: 'x' }],
    ['path', [{ code: 'A', amount: 1.5 }]],
    ['other', 1],
  ])('refuses what a nested column can not hold: %s = %p', (name, value) => {
    const appender = new RowAppender(new DatasetStage(dir, SCHEMA, 't', new PlainParts(dir, 't', SCHEMA)));
    expect(() => appender.append({ [name]: value }, 7, 0)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_CONFLICT' }) as Error,
    );
  });

  it('refuses null in a non-nullable column', () => {
    const items: Field = { id: 3, name: 'element', type: { type: 'utf8' }, nullable: false };
    const member: Field = { id: 5, name: 'm', type: { type: 'utf8' }, nullable: false };
    const schema = schemaOf([
      { id: 1, name: 'count', type: { type: 'uint32' }, nullable: false },
      { id: 2, name: 'tags', type: { type: 'list', items }, nullable: true },
      { id: 4, name: 'pair', type: { type: 'struct', fields: [member] }, nullable: true },
    ]);
    const appender = new RowAppender(new DatasetStage(dir, schema, 't', new PlainParts(dir, 't', schema)));
    for (const row of [{}, { count: 1, tags: [null] }, { count: 1, pair: {} }])
      expect(() => appender.append(row, 7, 0)).toThrow(/can't hold exactly null/);
  });
});
