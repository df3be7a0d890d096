import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { CODECS } from '@parquetry/core';
import type { DataType, TableSchema } from '@parquetry/schema';
import { SCHEMA, type StagedRow, sampleRow, stageRows } from '../../libs/writer/src/testing/stage';
import { type Staged, pullMessages, sums, useBench } from './staged';

const bench = useBench();

/** The text of a row's value in a message. */
function text(type: DataType, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (type.type === 'list')
    return `[${(value as unknown[]).map((item) => text(type.items.type, item)).join()}]`;
  if (type.type === 'struct') {
    const members = value as StagedRow;
    const present = type.fields.filter(({ name }) => Object.hasOwn(members, name));
    return `{${present.map(({ name, type: member }) => `${JSON.stringify(name)}:${text(member, members[name])}`).join()}}`;
  }
  if (Object.is(value, -0)) return '-0.0';
  return typeof value === 'bigint' || type.type === 'json' ? String(value) : JSON.stringify(value);
}

/** Stages the same rows as messages and as row objects, and compares what was counted. */
async function both(
  rows: readonly StagedRow[],
  schema: TableSchema = SCHEMA,
): Promise<[messages: Staged, objects: Staged]> {
  const struct: DataType = { type: 'struct', fields: schema.fields };
  const messages = await pullMessages(
    bench().dir,
    schema,
    rows.map((row) => text(struct, row)),
  );
  const stageDir = await mkdtemp(path.join(bench().dir, 'objects-'));
  const { staged } = await stageRows(stageDir, schema, rows);
  expect(messages.staged).toMatchObject({ rows: rows.length, rejected: 0 });
  for (const count of ['bytes', 'ledgers', 'columns', 'sorted', 'negativeZeros'] as const)
    expect(messages.staged[count]).toEqual(staged[count]);
  return [messages, { stageDir, staged, schema }];
}

describe('rows from messages and from row objects', () => {
  it('are the same files for rows of every type, on every codec', async () => {
    const rows = Array.from({ length: 4501 }, (_, index) => sampleRow(1 + index));
    const [messages, objects] = await both(rows);
    for (const compression of CODECS)
      expect(await sums(bench().writer, objects, { compression })).toEqual(
        await sums(bench().writer, messages, { compression }),
      );
  }, 120_000);

  it('are the same files for hostile values, at every length around the size of a string entry', async () => {
    const texts = [
      '',
      '\0',
      'a\0b',
      '\ufeffmark',
      '"\\',
      'é'.repeat(6),
      'é'.repeat(7),
      '😀'.repeat(3),
      '\u2028\u007f\u001f',
    ];
    const lengths = Array.from({ length: 40 }, (_, length) => 'abcdefghij'.repeat(4).slice(0, length));
    const limits = [2n ** 64n - 1n, 0n, 1n, 2n ** 63n, 2n ** 53n + 1n];
    const decimals = [
      '9999999999999999999999999999999.9999999',
      '-9999999999999999999999999999999.9999999',
      '0.0000001',
      '-0.0000001',
      '0',
    ];
    const values = [...texts, ...lengths];
    const rows = Array.from({ length: 5000 }, (_, index): StagedRow => {
      const value = values[index % values.length] as string;
      const size = limits[index % limits.length] as bigint;
      const json = JSON.stringify(value);
      return {
        ...sampleRow(1 + index),
        contract_id: index % 7 === 0 ? null : value,
        balance: size,
        delta: index % 2 === 0 ? -(2n ** 63n) : 2n ** 63n - 1n,
        change: index % 2 === 0 ? -(2n ** 31n) : 2n ** 31n - 1n,
        price: [1e308, -1e-308, 5e-324, 0.1, 0][index % 5],
        amount: decimals[index % decimals.length],
        fee: index % 2 === 0 ? '9999999.99' : '-9999999.99',
        val_decoded: JSON.stringify({ [value]: [value, null, { deep: [[]] }] }),
        topics: [[], [value], [null], [value, null, value], null][index % 5],
        data: [null, {}, { seq: size }, { parts: [] }, { parts: [null, {}, { "it's": json }] }][index % 5],
        rowid: value.repeat(20),
      };
    });
    const [messages, objects] = await both(rows);
    for (const compression of ['zstd', 'none'] as const)
      expect(await sums(bench().writer, objects, { compression })).toEqual(
        await sums(bench().writer, messages, { compression }),
      );
  }, 120_000);

  it('are the same files for negative zeros', async () => {
    const rows = Array.from({ length: 4000 }, (_, index): StagedRow => ({
      ...sampleRow(1 + index),
      price: index % 2 === 0 ? 0 : -0,
    }));
    const [messages, objects] = await both(rows);
    expect(messages.staged.negativeZeros).toBe(true);
    expect(await sums(bench().writer, objects)).toEqual(await sums(bench().writer, messages));
  });

  it('are the same files for wide rows, a probe, many files, sort keys, and for unsorted rows', async () => {
    // More than 32 MB, 9 kB a row in the middle: several row groups, parts that begin anywhere in a vector.
    const rows = Array.from({ length: 14_000 }, (_, index): StagedRow => {
      const wide = index > 6000 && index < 9000;
      return { ...sampleRow(1 + index), rowid: `row ${index} ${'w'.repeat(wide ? 9000 : 900)}` };
    });
    const [messages, objects] = await both(rows);
    expect(messages.staged.parts.length).toBeGreaterThan(1);
    expect(messages.staged.bytes).toBeGreaterThan(32 << 20);
    for (const settings of [
      {},
      { maxRowsPerFile: 3001 },
      { maxFileBytes: 400_000 },
      { sortBy: ['contract_id'] },
    ])
      expect(await sums(bench().writer, objects, settings)).toEqual(
        await sums(bench().writer, messages, settings),
      );
    // A ledger begins at row 6999: the order of the rows inside each is the same.
    const [apart, objectsApart] = await both([...rows.slice(6999), ...rows.slice(0, 6999)]);
    expect(apart.staged.sorted).toBe(false);
    const sorted = await sums(bench().writer, messages);
    expect(await sums(bench().writer, apart)).toEqual(sorted);
    expect(await sums(bench().writer, objectsApart)).toEqual(sorted);
  }, 240_000);

  it('take any column name and depth', async () => {
    const list = (type: DataType, id: number): DataType => ({
      type: 'list',
      items: { id, name: 'element', type, nullable: true },
    });
    const decimal: DataType = { type: 'decimal128', precision: 4, scale: 1 };
    const inner: DataType = {
      type: 'struct',
      fields: [{ id: 10, name: 'X y', type: decimal, nullable: true }],
    };
    const outer: DataType = {
      type: 'struct',
      fields: [{ id: 8, name: "it's", type: list(inner, 9), nullable: true }],
    };
    const schema: TableSchema = {
      ...SCHEMA,
      fields: [
        ...SCHEMA.fields.slice(0, 2),
        { id: 3, name: 'a "b" c', type: list(list(list({ type: 'utf8' }, 6), 5), 4), nullable: true },
        { id: 7, name: 'id, "x"', type: outer, nullable: true },
      ],
    };
    const rows = Array.from({ length: 3000 }, (_, index): StagedRow => {
      const { ledger_sequence, closed_at } = sampleRow(1 + index);
      const deep = [[['x', null], [], null], [], null, [[`deep ${index} in the list`]]];
      return {
        ledger_sequence,
        closed_at,
        'a "b" c': [deep, null, [], [null]][index % 4],
        'id, "x"': [null, { "it's": [{ 'X y': '-999.9' }, null, {}] }, { "it's": [] }, {}][index % 4],
      };
    });
    const [messages, objects] = await both(rows, schema);
    expect(await sums(bench().writer, objects)).toEqual(await sums(bench().writer, messages));
  });
});
