import { ParquetryError } from '@parquetry/core';
import type { DataType, Field, TableSchema } from './types';

/** A leaf column of the Parquet file: a scalar field and its position in the schema. */
export interface Leaf {
  /** Field names from the top-level column down; a list's element adds `element`. */
  readonly path: readonly string[];
  /** `path` joined by dots, for people and for messages. Not a key, because names may contain dots. */
  readonly name: string;
  /** Parquet's `path_in_schema`: as `path`, with the repeated group `list` before each `element`. */
  readonly parquetPath: readonly string[];
  readonly field: Field;
  /** Parquet field id. */
  readonly id: number;
}

/** The leaves of a schema in file order. */
export function* leaves(schema: TableSchema): Generator<Leaf> {
  for (const field of schema.fields) yield* leavesOf(field, [field.name], [field.name]);
}

function* leavesOf(field: Field, path: readonly string[], parquetPath: readonly string[]): Generator<Leaf> {
  const { type } = field;
  if (type.type === 'list')
    yield* leavesOf(type.items, [...path, 'element'], [...parquetPath, 'list', 'element']);
  else if (type.type === 'struct')
    for (const member of type.fields)
      yield* leavesOf(member, [...path, member.name], [...parquetPath, member.name]);
  else yield { path, name: path.join('.'), parquetPath, field, id: field.id };
}

/** Metadata of a field, in Delta tables, Arrow schemas and Avro, which records the original keys of the message. */
export type SourceMetadata = Readonly<Partial<Record<'parquetry.key' | 'parquetry.path', string>>>;

/**
 * The position of a field's value in the message, if the field has another name: `parquetry.key`, the original key, or
 * `parquetry.path`, a JSON array of the keys of a flattened column.
 */
export function sourceMetadata({ key, path }: Field): SourceMetadata {
  if (path !== undefined) return { 'parquetry.path': JSON.stringify(path) };
  return key === undefined ? {} : { 'parquetry.key': key };
}

/** The same for people; undefined if the name is the key. */
export function describeSource({ key, path }: Field): string | undefined {
  if (path !== undefined) return `message path ${JSON.stringify(path)}`;
  return key === undefined ? undefined : `message key ${JSON.stringify(key)}`;
}

/**
 * The type of a value in the files. Readers differ on unsigned 64-bit columns (polars refuses them in Delta tables), so
 * those are DECIMAL(20, 0); JSON text is plain utf8. Other types are stored unchanged. One level only.
 */
export function storedType(type: DataType): DataType {
  if (type.type === 'uint64') return { type: 'decimal128', precision: 20, scale: 0 };
  if (type.type === 'json') return { type: 'utf8' };
  return type;
}

/** A type in one line for people: `timestamp[us, tz=UTC]`, `list<utf8>`, `struct<a: int64, b: list<json>>`. */
export function describeType(type: DataType): string {
  switch (type.type) {
    case 'decimal128':
      return `decimal128(${type.precision}, ${type.scale})`;
    case 'timestamp':
      return `timestamp[${type.unit}, tz=${type.timezone}]`;
    case 'list':
      return `list<${describeType(type.items.type)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${describeType(field.type)}`).join(', ')}>`;
    case 'bool':
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'float64':
    case 'utf8':
    case 'json':
      return type.type;
  }
}

/** COPY's FIELD_IDS option uses this name for the id of a nested field itself, so no column or member can have it. */
export const FIELD_ID_NAME = '__duckdb_field_id';

/**
 * Refuses a schema with names that a Parquet or SQL engine can't distinguish: empty names, names with a NUL, names of
 * one level that differ only in case, structs without members, more than 38 digits.
 * @throws ParquetryError SCHEMA_CONFLICT
 */
export function assertStorable(schema: TableSchema): void {
  assertFields(schema.fields, schema.messageType);
}

function assertFields(fields: readonly Field[], where: string): void {
  const seen = new Map<string, string>();
  if (fields.length === 0) refuse(where, 'it has no fields');
  for (const field of fields) {
    if (field.name === '') refuse(where, 'a field has an empty name');
    if (field.name.includes('\0')) refuse(where, 'a field name holds a NUL');
    if (field.name.toLowerCase() === FIELD_ID_NAME)
      refuse(where, `the name ${FIELD_ID_NAME} is reserved by DuckDB`);
    const folded = field.name.toLowerCase();
    const twin = seen.get(folded);
    if (twin !== undefined)
      refuse(
        where,
        twin === field.name
          ? `field "${twin}" occurs twice`
          : `fields "${twin}" and "${field.name}" differ only in case`,
      );
    seen.set(folded, field.name);
    assertType(field.type, `${where}.${field.name}`);
  }
}

function assertType(type: DataType, where: string): void {
  if (type.type === 'list') assertType(type.items.type, `${where}.element`);
  else if (type.type === 'struct') assertFields(type.fields, where);
  else if (type.type === 'decimal128') {
    const { precision, scale } = type;
    const whole = Number.isInteger(precision) && Number.isInteger(scale);
    if (!whole || precision < 1 || precision > 38 || scale < 0 || scale > precision)
      refuse(where, `decimal128(${precision}, ${scale}) is not within 1 to 38 digits`);
  }
}

function refuse(where: string, why: string): never {
  throw new ParquetryError('SCHEMA_CONFLICT', `The schema can't be stored: ${where}: ${why}.`, {
    details: { field: where },
    hint: 'Rename or remove the field at the source, or use a separate message type for it.',
  });
}
