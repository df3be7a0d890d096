import { type RecordBatch, tableFromIPC } from 'apache-arrow';
import type { DataType, TableSchema } from '../types';
import { BatchBuilder } from './builder';
import type { CellValue } from './cell';
import { BatchEncoder, readBatches } from './ipc';

const item = (type: DataType): DataType => ({
  type: 'list',
  items: { id: 50, name: 'element', type, nullable: true },
});
const TYPES: Readonly<Record<string, DataType>> = {
  flag: { type: 'bool' },
  small: { type: 'int32' },
  count: { type: 'uint32' },
  big: { type: 'int64' },
  size: { type: 'uint64' },
  price: { type: 'float64' },
  amount: { type: 'decimal128', precision: 38, scale: 7 },
  text: { type: 'utf8' },
  value: { type: 'json' },
  at: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
  tags: item({ type: 'utf8' }),
  pair: {
    type: 'struct',
    fields: [
      { id: 60, name: 'a', type: { type: 'uint64' }, nullable: true },
      { id: 61, name: 'b "quoted"', type: item(item({ type: 'bool' })), nullable: true },
    ],
  },
};

const schema: TableSchema = {
  messageType: 't',
  origin: 'predefined',
  ledgerColumn: 'count',
  closeTimeColumn: 'at',
  fields: Object.entries(TYPES).map(([name, type], index) => ({ id: index + 1, name, type, nullable: true })),
};

type Row = Readonly<Record<string, CellValue>>;

/** The rows as an IPC stream, and the bytes of their values. */
function encode(rows: readonly Row[], each = 3): { stream: Buffer; plainBytes: number } {
  const builder = new BatchBuilder(schema);
  const pieces: Buffer[] = [];
  const encoder = new BatchEncoder(builder.schema, (piece) => pieces.push(Buffer.from(piece)));
  let plainBytes = 0;
  for (const [index, row] of rows.entries()) {
    builder.append(row);
    if ((index + 1) % each === 0) plainBytes += builder.take((batch) => encoder.write(batch)).plainBytes;
  }
  if (builder.rows > 0) plainBytes += builder.take((batch) => encoder.write(batch)).plainBytes;
  encoder.finish();
  return { stream: Buffer.concat(pieces), plainBytes };
}

/** A nested value as JSON text with every member of its structs. */
function json(type: DataType, value: CellValue): string {
  if (value === null || value === undefined) return 'null';
  if (type.type === 'list')
    return `[${(value as CellValue[]).map((item) => json(type.items.type, item)).join(',')}]`;
  if (type.type !== 'struct') return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const members = value as Row;
  return `{${type.fields.map((field) => `${JSON.stringify(field.name)}:${json(field.type, members[field.name])}`).join(',')}}`;
}

const FIXED: Readonly<Record<string, number>> = {
  bool: 1,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  timestamp: 8,
  decimal128: 16,
};

/** What core's `StagedDataset.bytes` counts for a value. */
function size(type: DataType, value: CellValue): number {
  if (value === null || value === undefined) return 0;
  const fixed = FIXED[type.type];
  if (fixed !== undefined) return fixed;
  return 4 + Buffer.byteLength(typeof value === 'string' ? value : json(type, value));
}

const ROWS: readonly Row[] = [
  { count: 1, at: 0 },
  {
    flag: true,
    small: -(2 ** 31),
    count: 2 ** 32 - 1,
    big: 2n ** 63n - 1n,
    size: 2n ** 64n - 1n,
    price: -0,
    amount: '-1234567890123456789012345678901.1234567',
    text: 'a"\\\n\u0000\u001fé漢😀\u007f\u2028',
    value: '{"a":"b"}',
    at: 1_700_000_000_123_456n,
    tags: ['x', null, '', '"'],
    pair: { a: 0n, 'b "quoted"': [[true, null], null, []] },
  },
  {
    flag: false,
    small: 0,
    count: 0,
    big: -(2n ** 63n),
    size: 7,
    price: 1e21,
    amount: '0',
    text: '',
    tags: [],
    pair: {},
  },
  { count: 12, big: -9_007_199_254_740_991, price: 5e-324, at: 253_402_300_799_999_999n, pair: { a: null } },
  { count: 9, pair: { 'b "quoted"': [] }, tags: [null] },
];

describe('BatchBuilder', () => {
  it('makes batches that Apache Arrow reads back, value for value', () => {
    const { stream } = encode(ROWS);
    expect([...readBatches(stream)].map(({ numRows }: RecordBatch) => numRows)).toEqual([3, 2]);
    const table = tableFromIPC(stream);
    const column = (name: string): unknown[] =>
      ROWS.map((_, row) => table.getChild(name)?.get(row) as unknown);
    expect(column('flag')).toEqual([null, true, false, null, null]);
    expect(column('small')).toEqual([null, -(2 ** 31), 0, null, null]);
    expect(column('count')).toEqual([1, 2 ** 32 - 1, 0, 12, 9]);
    expect(column('big')).toEqual([null, 2n ** 63n - 1n, -(2n ** 63n), -9_007_199_254_740_991n, null]);
    expect(column('price').map((value) => [value, Object.is(value, -0)])).toEqual([
      [null, false],
      [-0, true],
      [1e21, false],
      [5e-324, false],
      [null, false],
    ]);
    expect(column('text')).toEqual([null, ROWS[1]?.['text'], '', null, null]);
    const lists = column('tags').map((list) => (list === null ? null : [...(list as Iterable<unknown>)]));
    expect(lists).toEqual([null, ['x', null, '', '"'], [], null, [null]]);
    const sizes = column('size').map((words) => (words === null ? null : [...(words as Uint32Array)]));
    expect(sizes).toEqual([null, [0xffff_ffff, 0xffff_ffff, 0, 0], [7, 0, 0, 0], null, null]);
    const amounts = column('amount').map((words) => (words === null ? null : decimal(words as Uint32Array)));
    expect(amounts).toEqual([null, -12345678901234567890123456789011234567n, 0n, null, null]);
    expect(String(column('pair')[1])).toBe('{"a": 0, "b "quoted"": [[true,null],null,[]]}');
  });

  it('counts the bytes of the values, in any batches', () => {
    const bytes = ROWS.flatMap((row) => schema.fields.map(({ name, type }) => size(type, row[name]))).reduce(
      (sum, each) => sum + each,
    );
    for (const each of [1, 2, 3, 100]) expect(encode(ROWS, each).plainBytes).toBe(bytes);
  });

  it('is used again without traces of the batch before, and grows beyond a vector', () => {
    const many = Array.from({ length: 5000 }, (_, index): Row =>
      index % 3 === 0 ? { count: index } : { count: index, tags: ['a', 'b'], text: 'x'.repeat(index % 50) },
    );
    const table = tableFromIPC(encode([...ROWS, ...many, ...ROWS], 4001).stream);
    expect(table.numRows).toBe(5010);
    for (const [index, row] of many.entries()) {
      expect(table.getChild('count')?.get(5 + index)).toBe(index);
      expect(table.getChild('text')?.get(5 + index)).toBe(row['text'] ?? null);
      expect((table.getChild('tags')?.get(5 + index) as { length: number } | null)?.length).toBe(
        row['tags'] === undefined ? undefined : 2,
      );
    }
    expect(table.getChild('flag')?.get(5006)).toBe(true);
  });

  it.each<[string, CellValue]>([
    ['flag', 1],
    ['small', 2 ** 31],
    ['small', 1.5],
    ['small', '5'],
    ['count', -1],
    ['big', 2n ** 63n],
    ['big', 2 ** 53],
    ['big', 0.5],
    ['size', -1n],
    ['size', 2n ** 64n],
    ['price', Number.POSITIVE_INFINITY],
    ['price', '1'],
    ['amount', '1.12345678'],
    ['amount', '10000000000000000000000000000000'],
    ['amount', '1e5'],
    ['text', 5],
    ['text', 'half \ud83d pair'],
    ['at', -62_135_596_800_000_001n],
    ['at', 253_402_300_800_000_000n],
    ['tags', 'x'],
    ['tags', [1]],
    ['pair', []],
    ['pair', { c: 1 }],
    ['pair', { a: 'x' }],
  ])('refuses what a column can not hold exactly: %s = %p', (name, value) => {
    expect(() => new BatchBuilder(schema).append({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'SCHEMA_CONFLICT' }) as Error,
    );
  });
});

function decimal(words: Uint32Array): bigint {
  return BigInt.asIntN(
    128,
    [3, 2, 1, 0].reduce((sum, word) => (sum << 32n) | BigInt(words[word] as number), 0n),
  );
}
