import { FIELD_ID_NAME, assertStorable } from './columns';
import type { DataType, Field, TableSchema } from './types';

/**
 * The DuckDB type that reads a staged value exactly and that COPY stores with the schema's type. Never HUGEINT (Parquet
 * would get a DOUBLE) and never DuckDB's JSON (it re-formats long numbers): unsigned 64-bit values are DECIMAL(20,0),
 * JSON text is VARCHAR.
 */
export function duckdbType(type: DataType): string {
  switch (type.type) {
    case 'bool':
      return 'BOOLEAN';
    case 'int32':
      return 'INTEGER';
    case 'int64':
      return 'BIGINT';
    case 'uint32':
      return 'UINTEGER';
    case 'uint64':
      return 'DECIMAL(20,0)';
    case 'float64':
      return 'DOUBLE';
    case 'utf8':
    case 'json':
      return 'VARCHAR';
    case 'decimal128':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'timestamp':
      return 'TIMESTAMPTZ';
    case 'list':
      return `${duckdbType(type.items.type)}[]`;
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${duckdbType(field.type)}`).join(', ')})`;
  }
}

/**
 * SQL that converts a column of a staged Parquet part to the column's own type, exactly for every value that a pull
 * accepts. In the stage, unsigned 64-bit integers are UBIGINT, decimals and JSON are text, lists and structs are JSON
 * text. With `typed` (see `StagedDataset`), decimals are decimals, and structs are structs with members of these forms.
 */
export function duckdbCast(column: string, type: DataType, typed = false): string {
  const kind = type.type;
  if (kind === 'uint64' || (kind === 'decimal128' && !typed)) return `CAST(${column} AS ${duckdbType(type)})`;
  if (kind === 'struct' && typed) return `CAST(${parsedMembers(column, type.fields)} AS ${duckdbType(type)})`;
  if (kind === 'list' || kind === 'struct') return `CAST(CAST(${column} AS JSON) AS ${duckdbType(type)})`;
  return column;
}

/** A nested struct whose members of JSON text are JSON to DuckDB, which otherwise reads text as its own form of a list. */
function parsedMembers(column: string, fields: readonly Field[]): string {
  const isText = ({ type }: Field): boolean => type.type === 'list' || type.type === 'struct';
  if (!fields.some(isText)) return column;
  const members = fields.map(
    (field) => `${quoteName(field.name)} ${isText(field) ? 'JSON' : duckdbType(field.type)}`,
  );
  return `CAST(${column} AS STRUCT(${members.join(', ')}))`;
}

/**
 * Column names and DuckDB types of a schema, in order.
 * @throws ParquetryError SCHEMA_CONFLICT for names that DuckDB can't distinguish
 */
export function duckdbColumns(schema: TableSchema): [name: string, type: string][] {
  assertStorable(schema);
  return schema.fields.map((field) => [field.name, duckdbType(field.type)]);
}

/** The value of COPY's FIELD_IDS option: every field's Parquet id, nested ones too. */
export function duckdbFieldIds(schema: TableSchema): string {
  return struct(schema.fields.map((field) => [field.name, fieldId(field)]));
}

function fieldId(field: Field): string {
  const { type, id } = field;
  const own: [string, string] = [FIELD_ID_NAME, String(id)];
  if (type.type === 'list') return struct([own, ['element', fieldId(type.items)]]);
  if (type.type === 'struct')
    return struct([own, ...type.fields.map((member): [string, string] => [member.name, fieldId(member)])]);
  return String(id);
}

function struct(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, value]) => `${quoteText(name)}: ${value}`).join(', ')}}`;
}

/** A name as a quoted SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as a SQL string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
