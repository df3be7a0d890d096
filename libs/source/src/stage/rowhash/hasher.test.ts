import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ledgerRowHashes } from '@parquetry/core';
import { type DataType, EMPTY_LEDGER, type Field, ledgerHash, type TableSchema } from '@parquetry/schema';
import type { Row, RowValue } from '@parquetry/stellar';
import fc from 'fast-check';
import { DatasetStage } from '../dataset';
import { PlainParts } from '../plain/parts';
import { RowAppender } from '../rows/appender';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-rowhash-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

let id = 0;
const field = (name: string, type: DataType): Field => ({ id: (id += 1), name, type, nullable: true });
const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal128', precision, scale });
const list = (type: DataType): DataType => ({ type: 'list', items: field('element', type) });
const TIME: DataType = { type: 'timestamp', unit: 'us', timezone: 'UTC' };
const SCALARS: readonly [string, DataType][] = [
  ['flag', { type: 'bool' }],
  ['small', { type: 'int32' }],
  ['count', { type: 'uint32' }],
  ['big', { type: 'int64' }],
  ['size', { type: 'uint64' }],
  ['price', { type: 'float64' }],
  ['amount', decimal(19, 7)],
  ['wide', decimal(38, 3)],
  ['text', { type: 'utf8' }],
  ['value', { type: 'json' }],
  ['time', TIME],
];
const scalars = SCALARS.map(([name, type]) => field(name, type));
const nested: DataType = { type: 'struct', fields: [...scalars, field('ü', list({ type: 'utf8' }))] };
const SCHEMA: TableSchema = {
  messageType: 't',
  origin: 'predefined',
  ledgerColumn: 'ledger',
  closeTimeColumn: 'time',
  fields: [
    field('ledger', { type: 'uint32' }),
    ...scalars,
    field('details', { type: 'struct', fields: [...scalars, field('inner', nested)] }),
    field('topics', list({ type: 'utf8' })),
    field('path', list(nested)),
    field('lists', list(list(decimal(19, 7)))),
  ],
};

const few = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const bigint = (bits: bigint, signed: boolean): fc.Arbitrary<bigint> =>
  fc.bigInt(
    signed ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n } : { min: 0n, max: 2n ** bits - 1n },
  );

/** Values of a type, common ones and any; equal values are frequent, so that rows tie. */
function values(type: DataType): fc.Arbitrary<RowValue> {
  switch (type.type) {
    case 'bool':
      return fc.boolean();
    case 'int32':
      return fc.oneof(few(0, 1, -1), fc.integer());
    case 'uint32':
      return fc.oneof(few(0, 1), fc.nat({ max: 2 ** 32 - 1 }));
    case 'int64':
      return fc.oneof(few<RowValue>(0, 5, -1n), bigint(64n, true));
    case 'uint64':
      return fc.oneof(few<RowValue>(0, 7, 2n ** 63n), bigint(64n, false));
    case 'float64':
      return fc.oneof(few(0, -0, 2, 1e21, 0.5), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'decimal128':
      return fc.oneof(
        few(0n, 10_000_000n, 15_000_000n, -2_500_000n),
        fc.bigInt({ min: 1n - 10n ** BigInt(type.precision), max: 10n ** BigInt(type.precision) - 1n }),
      );
    case 'timestamp':
      return fc.oneof(few(0, 1_700_000_000_000_000, 1_700_000_000_000_001), few(-1));
    case 'utf8':
      return fc.oneof(few('', 'a', '\ufeffa', '"\\\n\u0001é\u2028'), fc.string({ unit: 'grapheme' }));
    case 'json':
      return few('{"a":1}', '"x"', 'null');
    case 'list':
      return fc.array(fc.option(values(type.items.type)), { maxLength: 3 }) as fc.Arbitrary<RowValue>;
    case 'struct':
      return fc.record(
        Object.fromEntries(type.fields.map(({ name, type: member }) => [name, fc.option(values(member))])),
      ) as fc.Arbitrary<RowValue>;
  }
}

const anyRow = fc.record(
  Object.fromEntries(SCHEMA.fields.slice(1).map(({ name, type }) => [name, fc.option(values(type))])),
) as fc.Arbitrary<Row>;
const rowsOf = fc.array(anyRow, { minLength: 1, maxLength: 8 });

/** The hashes of the ledgers of rows, from the stage. */
async function staged(rows: readonly Row[], schema = SCHEMA): Promise<ReadonlyMap<number, string>> {
  const parts = new PlainParts(dir, 't', schema, { partBytes: 1 });
  const stage = new DatasetStage(dir, schema, 't', parts, { rowHashes: true });
  const appender = new RowAppender(stage);
  for (const [index, row] of rows.entries()) {
    const ledger = row['ledger'] as number;
    appender.append(row, ledger, 0);
    if (rows[index + 1]?.['ledger'] !== ledger) stage.closeLedger(ledger);
  }
  const { ledgers, rowHashes } = await stage.finish();
  return ledgerRowHashes(ledgers, rowHashes as string);
}

/** The same from the values. */
function computed(rows: readonly Row[], schema = SCHEMA): ReadonlyMap<number, string> {
  const ledgers = new Map<number, Row[]>();
  for (const row of rows)
    ledgers.set(row['ledger'] as number, [...(ledgers.get(row['ledger'] as number) ?? []), row]);
  return new Map(
    [...ledgers].map(([ledger, own]) => {
      const column = (name: string): unknown[] => own.map((row) => row[name]);
      const hash = ledgerHash(schema, own.length, column, (raw) => BigInt(raw as bigint));
      return [ledger, hash.toString('hex')];
    }),
  );
}

describe('RowHasher', () => {
  it('finds the hash of the values, for any rows in any order', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, rowsOf, fc.nat(), async (some, more, turn) => {
        const rows = [
          ...some.map((row): Row => ({ ...row, ledger: 7 })),
          ...more.map((row): Row => ({ ...row, ledger: 9 })),
        ];
        const expected = computed(rows);
        expect(await staged(rows)).toEqual(expected);
        const at = turn % some.length;
        const turned = [...rows.slice(at, some.length), ...rows.slice(0, at), ...rows.slice(some.length)];
        expect(await staged(turned)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('joins the rows of a ledger that is in several parts, coded and plain text, sorted or not', async () => {
    const rows = Array.from({ length: 9000 }, (_, index): Row => ({
      ledger: 5 + Math.floor(index / 5000),
      big: BigInt(index) * 1_000_000_007n,
      text: `text ${index % (index < 3000 ? 7 : 1000)}`,
      amount: BigInt(index) * 10n,
      details: index % 3 === 0 ? null : { text: `member ${index % 300}`, small: index % 100 },
      topics: index % 2 === 0 ? ['a', null] : [],
    }));
    const expected = computed(rows);
    expect(expected.size).toBe(2);
    expect(await staged(rows)).toEqual(expected);
    const shuffled = [...rows.slice(0, 5000).reverse(), ...rows.slice(5000)];
    expect(await staged(shuffled)).toEqual(expected);
    const changed = rows.map((row, index) => (index === 6001 ? { ...row, amount: 60_011n } : row));
    const found = await staged(changed);
    expect(found.get(5)).toBe(expected.get(5));
    expect(found.get(6)).not.toBe(expected.get(6));
  }, 60_000);

  it('joins the rows of ledgers whose values of every type are in several parts, in any order', async () => {
    const some = fc.sample(anyRow, { numRuns: 90, seed: 7 });
    const rows = Array.from({ length: 2300 }, (_, index): Row => ({
      ...some[(index * 7) % 90],
      ledger: 3 + Math.floor(index / 1200),
      ...(index > 1100 && index < 2100 ? { text: null, details: null, topics: null, wide: null } : {}),
    }));
    const expected = computed(rows);
    expect(expected.size).toBe(2);
    expect(await staged(rows)).toEqual(expected);
    // Rows that are close to their places are sorted in another way.
    const byTurns = rows.map((row, index): Row => ({ ...row, big: BigInt(Math.floor(index / 3)) }));
    expect(await staged(byTurns)).toEqual(computed(byTurns));
  }, 60_000);

  it('orders rows by whatever distinguishes their values: signs, high words, the ends of long texts, other parts', async () => {
    const long = 'common '.repeat(40);
    const some: Row[] = [-3n, -1n, 0n, 2n ** 40n, 2n ** 40n + 1n, -(2n ** 50n)].flatMap((big) =>
      [`${long}b`, `${long}a`, `${long}a`, long, ''].map((text, index) => ({
        big,
        text,
        wide: index % 2 === 0 ? 10n ** 30n + BigInt(index) * 1000n : -(10n ** 30n),
        price: index === 2 ? 0.25 : 0.5,
        details: index === 4 ? null : { small: -index, text: `${long}${index % 2}` },
      })),
    );
    const rows = some.map((row): Row => ({ ...row, ledger: 3 }));
    const expected = computed(rows);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: rows.length }), async (shuffled) => {
        expect(await staged(shuffled)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('refuses rows of a ledger that are not staged together', async () => {
    const parts = new PlainParts(dir, 't', SCHEMA);
    const stage = new DatasetStage(dir, SCHEMA, 't', parts, { rowHashes: true });
    const appender = new RowAppender(stage);
    appender.append({ ledger: 4 }, 4, 0);
    appender.append({ ledger: 5 }, 5, 0);
    expect(() => stage.closeLedger(5)).toThrow(/not staged together/);
  });

  it('does not depend on types that hold the same values, on further columns, or on scale', () => {
    const one = (fields: Field[], row: Record<string, unknown>): string =>
      ledgerHash({ ...SCHEMA, fields }, 1, (name) => [row[name] ?? null], BigInt as never).toString('hex');
    const five = one([field('a', { type: 'int32' })], { a: 5 });
    for (const [type, value] of [
      [{ type: 'int64' }, 5n],
      [{ type: 'uint64' }, 5n],
      [{ type: 'float64' }, 5],
      [decimal(9, 2), 500n],
      [decimal(38, 7), 50_000_000n],
    ] as const) {
      expect(one([field('a', type)], { a: value })).toBe(five);
      expect(one([field('added', TIME), field('a', type)], { a: value })).toBe(five);
    }
    const others = [
      one([field('b', { type: 'int32' })], { b: 5 }),
      one([field('a', { type: 'utf8' })], { a: '5' }),
      one([field('a', TIME)], { a: 5n }),
      one([field('a', { type: 'float64' })], { a: 5.5 }),
      one([field('a', { type: 'float64' })], { a: -0 }),
      one([field('a', { type: 'float64' })], { a: 0 }),
      one([field('a', { type: 'struct', fields: [field('a', { type: 'int32' })] })], { a: { a: 5 } }),
      one([field('a', { type: 'struct', fields: [field('a', { type: 'int32' })] })], { a: {} }),
      one([field('a', list({ type: 'int32' }))], { a: [5] }),
      one([field('a', list({ type: 'utf8' }))], { a: ['5'] }),
      one([field('a', { type: 'utf8' })], { a: '[5]' }),
      one([field('a', { type: 'int32' })], {}),
    ];
    expect(new Set([five, ...others]).size).toBe(others.length + 1);
    expect(EMPTY_LEDGER.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });
});
