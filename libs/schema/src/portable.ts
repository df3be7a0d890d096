import type { DataType, Field, TableSchema } from './types';

/**
 * The schema with int64 instead of uint32, at every depth: for engines without unsigned types (Athena, Trino, Hive).
 * Every uint32 value fits, so nothing is lost; names, ids and order stay. Unsigned 64-bit columns are stored as
 * DECIMAL(20, 0) already. A schema without uint32 columns is returned unchanged.
 */
export function portableSchema(schema: TableSchema): TableSchema {
  const fields = schema.fields.map(portableField);
  return fields.every((field, index) => field === schema.fields[index]) ? schema : { ...schema, fields };
}

function portableField(field: Field): Field {
  const type = portableType(field.type);
  return type === field.type ? field : { ...field, type };
}

function portableType(type: DataType): DataType {
  if (type.type === 'uint32') return { type: 'int64' };
  if (type.type === 'list') {
    const items = portableField(type.items);
    return items === type.items ? type : { type: 'list', items };
  }
  if (type.type === 'struct') {
    const fields = type.fields.map(portableField);
    return fields.every((field, index) => field === type.fields[index]) ? type : { type: 'struct', fields };
  }
  return type;
}
