import { sourceMetadata, storedType } from '../columns';
import type { DataType, Field, TableSchema } from '../types';
import { encodeName } from './names';

/** Any part of an Avro schema. */
export type AvroType = string | readonly AvroType[] | { readonly [name: string]: unknown };

/**
 * The Avro schema of a row. Nullable columns are unions with null that default to null, uint32 is a long, decimals are
 * `bytes` with the logical type `decimal`, timestamps `timestamp-micros`. Names that Avro does not accept are encoded
 * as `_xHH_`; then `parquetry.name` has the column's own name. The message's key or path is stored as in Arrow.
 */
export function avroSchema(schema: TableSchema): AvroType {
  const name = avroName(schema.messageType);
  const records = new Set([name]);
  return {
    type: 'record',
    name,
    namespace: 'parquetry',
    ...(schema.doc === undefined ? {} : { doc: schema.doc }),
    fields: schema.fields.map((field) => avroField(field, name, records)),
  };
}

function avroField(field: Field, parent: string, records: Set<string>): AvroType {
  const name = avroName(field.name);
  const type = avroType(field.type, `${parent}_${name}`, records);
  return {
    name,
    ...(field.nullable ? { type: ['null', type], default: null } : { type }),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
    'parquetry.id': field.id,
    ...(name === field.name ? {} : { 'parquetry.name': field.name }),
    ...sourceMetadata(field),
  };
}

/** `path` names records: Avro requires a unique name for each; `records` has the names in use. */
function avroType(type: DataType, path: string, records: Set<string>): AvroType {
  const stored = storedType(type);
  switch (stored.type) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'int';
    case 'int64':
    case 'uint32':
      return 'long';
    case 'float64':
      return 'double';
    case 'utf8':
    case 'json':
    case 'uint64':
      return 'string';
    case 'decimal128':
      return { type: 'bytes', logicalType: 'decimal', precision: stored.precision, scale: stored.scale };
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-micros' };
    case 'list': {
      const items = avroType(stored.items.type, `${path}_element`, records);
      return { type: 'array', items: stored.items.nullable ? ['null', items] : items };
    }
    case 'struct': {
      let name = path;
      for (let count = 2; records.has(name); count += 1) name = `${path}_${count}`;
      records.add(name);
      return { type: 'record', name, fields: stored.fields.map((field) => avroField(field, name, records)) };
    }
  }
}

/** Avro accepts letters, digits and `_`, but no digit first. */
function avroName(name: string): string {
  return encodeName(name).replaceAll(/[^A-Za-z0-9_]|^[0-9]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `_x${code.toString(16).toUpperCase().padStart(2, '0')}_`;
  });
}
