import { type DataType, type TableSchema, readBatches } from '@parquetry/schema';
import type { Lossless } from './lossless';

/** What is read of an Arrow column; `Data` of `apache-arrow` has it. */
interface Column {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array | null;
  readonly values: unknown;
  readonly valueOffsets: unknown;
  readonly children: readonly unknown[];
}

/** The rows of a staged part, straight from Arrow's buffers: numbers as `#` and their digits, times as text. */
export function batchRows(schema: TableSchema, part: Uint8Array): Record<string, Lossless>[] {
  const rows: Record<string, Lossless>[] = [];
  for (const batch of readBatches(part)) {
    const columns = batch.data.children as readonly Column[];
    for (let row = 0; row < batch.numRows; row += 1)
      rows.push(
        Object.fromEntries(
          schema.fields.map(({ name, type }, index) => [name, valueAt(type, columns[index] as Column, row)]),
        ),
      );
  }
  return rows;
}

function valueAt(type: DataType, column: Column, row: number): Lossless {
  const { nullCount, nullBitmap } = column;
  if (nullCount > 0 && nullBitmap && ((nullBitmap[row >> 3] as number) & (1 << (row & 7))) === 0) return null;
  const values = column.values as Uint8Array;
  const words = column.values as Uint32Array;
  const longs = column.values as BigInt64Array;
  const offsets = column.valueOffsets as Int32Array;
  switch (type.type) {
    case 'bool':
      return ((values[row >> 3] as number) & (1 << (row & 7))) !== 0;
    case 'uint64':
      return `#${[3, 2, 1, 0].reduce((sum, word) => (sum << 32n) | BigInt(words[4 * row + word] as number), 0n)}`;
    case 'timestamp': {
      const micros = longs[row] as bigint;
      const fraction = micros % 1_000_000n === 0n ? '' : `.${String(micros % 1_000_000n).padStart(6, '0')}`;
      return `${new Date(Number(micros / 1000n)).toISOString().slice(0, 19)}${fraction}Z`;
    }
    case 'utf8':
    case 'json':
      return Buffer.from(values.subarray(offsets[row], offsets[row + 1])).toString('utf8');
    case 'list':
      return Array.from({ length: (offsets[row + 1] as number) - (offsets[row] as number) }, (_, item) =>
        valueAt(type.items.type, column.children[0] as Column, (offsets[row] as number) + item),
      );
    case 'int32':
    case 'uint32':
    case 'int64':
      return `#${String(values[row])}`;
    case 'float64':
    case 'decimal128':
    case 'struct':
      throw new Error(`No row of a ledger lake has a ${type.type} column.`);
  }
}

/** A row of `batchRows` as a message. */
export function rowLine(schema: TableSchema, row: Record<string, Lossless>): string {
  const members = schema.fields.flatMap(({ name, key = name, type }) => {
    const value = row[name] ?? null;
    return value === null ? [] : [`${JSON.stringify(key)}:${text(type, value)}`];
  });
  return `{${members.join(',')}}`;
}

function text(type: DataType, value: Lossless): string {
  if (type.type === 'list')
    return `[${(value as readonly Lossless[]).map((item) => text(type.items.type, item)).join(',')}]`;
  if (type.type === 'json') return String(value);
  const isNumber = ['int32', 'uint32', 'int64', 'uint64'].includes(type.type);
  return isNumber ? String(value).slice(1) : JSON.stringify(value);
}
