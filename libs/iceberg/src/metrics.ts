import type { DataType, TableSchema } from '@parquetry/schema';

/** What the log knows about a column of a file; bounds in Iceberg's binary form. */
interface ColumnMetrics {
  readonly id: number;
  readonly nulls: number;
  readonly lower?: Buffer;
  readonly upper?: Buffer;
}

/** What the log knows about a file. */
export interface FileMetrics {
  readonly rows: number;
  readonly columns: readonly ColumnMetrics[];
}

interface Stats {
  readonly numRecords?: string;
  readonly minValues?: Readonly<Record<string, string>>;
  readonly maxValues?: Readonly<Record<string, string>>;
  readonly nullCount?: Readonly<Record<string, string>>;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/**
 * The metrics of a file from the statistics in the log: null counts of columns that are not nested, bounds of integer
 * and timestamp columns. Undefined when the row count is missing, as in files of other programs.
 */
export function fileMetrics(schema: TableSchema, stats: string | undefined): FileMetrics | undefined {
  const { numRecords, minValues, maxValues, nullCount } = parseExact(stats ?? '{}');
  const rows = Number(numRecords);
  if (!Number.isSafeInteger(rows) || rows < 0) return undefined;
  const columns = schema.fields.flatMap(({ id, name, type }): ColumnMetrics[] => {
    const nulls = Number(own(nullCount, name));
    if (!Number.isSafeInteger(nulls)) return [];
    const lower = bound(type, own(minValues, name));
    const upper = bound(type, own(maxValues, name));
    return [{ id, nulls, ...(lower === undefined || upper === undefined ? {} : { lower, upper }) }];
  });
  return { rows, columns };
}

/** Parses statistics of the log with every number as its digits: bounds are 64-bit integers. Empty if they are no JSON. */
export function parseExact(text: string): Stats {
  const quoted = text.replaceAll(JSON_TOKEN, (token) => (token.startsWith('"') ? token : `"${token}"`));
  try {
    return (JSON.parse(quoted) as Stats | null) ?? {};
  } catch {
    return {};
  }
}

function own(values: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Iceberg's binary form of a bound: little-endian integers; timestamps are microseconds. */
function bound({ type }: DataType, text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined;
  if (type === 'timestamp') {
    const millis = Date.parse(text);
    return Number.isNaN(millis) ? undefined : integer(BigInt(millis) * 1000n, 8);
  }
  if (!/^-?\d{1,20}$/.test(text)) return undefined;
  if (type === 'int32') return integer(BigInt(text), 4);
  return type === 'int64' ? integer(BigInt(text), 8) : undefined;
}

function integer(value: bigint, size: 4 | 8): Buffer | undefined {
  if (BigInt.asIntN(size * 8, value) !== value) return undefined;
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeInt32LE(Number(value));
  else bytes.writeBigInt64LE(value);
  return bytes;
}
