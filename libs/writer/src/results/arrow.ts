import {
  type DuckDBDataChunk,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api';
import { ParquetryError } from '@parquetry/core';
import { type ColumnValue, type DataType, type Field, arrowStream } from '@parquetry/schema';
import { plainValue } from '../plainvalue';

const SIMPLE: Readonly<Partial<Record<DuckDBTypeId, DataType>>> = {
  [DuckDBTypeId.BOOLEAN]: { type: 'bool' },
  [DuckDBTypeId.TINYINT]: { type: 'int32' },
  [DuckDBTypeId.SMALLINT]: { type: 'int32' },
  [DuckDBTypeId.INTEGER]: { type: 'int32' },
  [DuckDBTypeId.UTINYINT]: { type: 'uint32' },
  [DuckDBTypeId.USMALLINT]: { type: 'uint32' },
  [DuckDBTypeId.UINTEGER]: { type: 'uint32' },
  [DuckDBTypeId.BIGINT]: { type: 'int64' },
  [DuckDBTypeId.UBIGINT]: { type: 'uint64' },
  [DuckDBTypeId.HUGEINT]: { type: 'decimal128', precision: 38, scale: 0 },
  [DuckDBTypeId.FLOAT]: { type: 'float64' },
  [DuckDBTypeId.DOUBLE]: { type: 'float64' },
  [DuckDBTypeId.TIMESTAMP_TZ]: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
};

/** Largest absolute value of a decimal of 38 digits. */
const MAX_DECIMAL = 10n ** 38n - 1n;

/** The type of a column of the result. Types that archives do not have, such as dates and intervals, become text. */
function dataType(type: DuckDBType): DataType {
  if (type instanceof DuckDBDecimalType)
    return { type: 'decimal128', precision: type.width, scale: type.scale };
  if (type instanceof DuckDBListType) return { type: 'list', items: field('element', type.valueType) };
  if (type instanceof DuckDBStructType)
    return {
      type: 'struct',
      fields: type.entryNames.map((name, index) => field(name, type.entryTypes[index] as DuckDBType)),
    };
  return SIMPLE[type.typeId] ?? { type: 'utf8' };
}

function field(name: string, type: DuckDBType, id = 0): Field {
  return { id, name, type: dataType(type), nullable: true };
}

/** The value of a column as Arrow stores it. @throws ParquetryError QUERY_INVALID */
function arrowValue(value: DuckDBValue, type: DuckDBType, as: DataType): ColumnValue {
  if (value === null) return null;
  if (type instanceof DuckDBListType && as.type === 'list')
    return (value as { readonly items: readonly DuckDBValue[] }).items.map((item) =>
      arrowValue(item, type.valueType, as.items.type),
    );
  if (type instanceof DuckDBStructType && as.type === 'struct') {
    const { entries } = value as { readonly entries: Readonly<Record<string, DuckDBValue>> };
    return Object.fromEntries(
      as.fields.map((member, index) => [
        member.name,
        arrowValue(entries[member.name] ?? null, type.entryTypes[index] as DuckDBType, member.type),
      ]),
    );
  }
  if (as.type === 'utf8') return asText(value, type);
  if (type.typeId === DuckDBTypeId.HUGEINT && (value as bigint) ** 2n > MAX_DECIMAL ** 2n)
    throw new ParquetryError('QUERY_INVALID', `The value ${String(value)} has more than 38 digits.`, {
      hint: 'Cast the column to text: CAST(x AS VARCHAR).',
    });
  return plainValue(value);
}

function asText(value: DuckDBValue, type: DuckDBType): string {
  if (typeof value === 'string') return value;
  const json = JsonDuckDBValueConverter(value, type, JsonDuckDBValueConverter);
  return typeof json === 'string' ? json : JSON.stringify(json);
}

/** A result as an Arrow IPC stream, a record batch for each chunk. */
export function resultArrow(
  names: readonly string[],
  types: readonly DuckDBType[],
  chunks: AsyncIterable<DuckDBDataChunk>,
): AsyncIterable<Uint8Array> {
  const fields = types.map((type, index) => field(names[index] ?? '', type, index + 1));
  const batches = async function* (): AsyncGenerator<ColumnValue[][]> {
    for await (const chunk of chunks)
      yield types.map((type, index) =>
        chunk.getColumnValues(index).map((value) => arrowValue(value, type, (fields[index] as Field).type)),
      );
  };
  return arrowStream(fields, batches());
}
