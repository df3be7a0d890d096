import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import {
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
} from '@duckdb/node-api';
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { DataType, TableSchema } from '@parquetry/schema';
import { withoutDecimals } from '../../libs/verify/src/decode';
import { parsers } from '../../libs/verify/src/parsers';

/** What a reader read from a file; the same form as `summary` in canon.py. */
export interface Summary {
  readonly types: readonly (readonly [name: string, type: string])[];
  readonly rows: number;
  readonly digest: string;
  readonly first: string | null;
}

/** Reads a file with hyparquet: the columns in its footer, and every value. */
export async function readHyparquet(file: string, schema: TableSchema): Promise<Summary> {
  const bytes = await readFile(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const metadata = withoutDecimals(parquetMetadata(buffer));
  const rows = await parquetReadObjects({
    file: buffer,
    metadata,
    compressors,
    parsers,
    geoparquet: false,
  });
  const types = parquetSchema(parquetMetadata(buffer)).children.map(
    ({ element }) =>
      [
        element.name,
        element.converted_type ?? element.type ?? (element.num_children === undefined ? '' : 'STRUCT'),
      ] as const,
  );
  return summary(types, schema, rows);
}

/** Reads a file with DuckDB. */
export async function readDuckdb(file: string, schema: TableSchema): Promise<Summary> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = 'America/New_York'`);
    const reader = await connection.runAndReadAll(
      `SELECT * FROM read_parquet('${file}', hive_partitioning = false)`,
    );
    const types = reader.columnNames().map((name, at) => [name, String(reader.columnType(at))] as const);
    const rows = reader
      .getRowObjects()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
    return summary(types, schema, rows);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** DuckDB's values in the form of hyparquet: decimals and times as whole numbers. */
function plain(value: DuckDBValue): unknown {
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBListValue) return value.items.map(plain);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, member]) => [name, plain(member)]));
  return value;
}

function summary(types: Summary['types'], schema: TableSchema, rows: readonly object[]): Summary {
  const lines = rows.map((row) => {
    const values = row as Readonly<Record<string, unknown>>;
    return `[${schema.fields.map(({ name, type }) => canon(type, values[name])).join(',')}]`;
  });
  // Python sorts texts by code points, so do UTF-8 bytes.
  const sorted = lines.map((line) => Buffer.from(line)).sort(Buffer.compare);
  const digest = createHash('sha256');
  sorted.forEach((line, at) => digest.update(at === 0 ? line : Buffer.concat([Buffer.from('\n'), line])));
  return { types, rows: lines.length, digest: digest.digest('hex'), first: sorted[0]?.toString() ?? null };
}

/** The text of canon.py, from a value and its registered type. */
function canon(type: DataType, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (type.type) {
    case 'bool':
      return String(value);
    case 'float64': {
      const bits = Buffer.alloc(8);
      bits.writeDoubleBE(value as number);
      return `f:${bits.toString('hex')}`;
    }
    case 'timestamp':
      return `t:${String(value)}`;
    case 'decimal128':
      return scaled(whole(value), type.scale);
    case 'utf8':
    case 'json':
      return JSON.stringify(value);
    case 'list':
      return `[${(value as unknown[]).map((item) => canon(type.items.type, item)).join(',')}]`;
    case 'struct': {
      const members = value as Readonly<Record<string, unknown>>;
      return `{${type.fields.map((field) => `${JSON.stringify(field.name)}:${canon(field.type, members[field.name])}`).join(',')}}`;
    }
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return String(whole(value));
  }
}

/** A whole number, as it is or as Parquet's big-endian bytes. */
function whole(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as bigint | number);
  return BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex')}`));
}

function scaled(digits: bigint, scale: number): string {
  if (scale === 0) return String(digits);
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  return `${digits < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
