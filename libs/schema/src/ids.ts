import type { DataType, Field } from './types';

/** The greatest field id, including nested ones; 0 if there is none. */
export function maxFieldId(fields: readonly Field[]): number {
  return fields.reduce((most, { id, type }) => Math.max(most, id, maxTypeId(type)), 0);
}

function maxTypeId(type: DataType): number {
  if (type.type === 'struct') return maxFieldId(type.fields);
  return type.type === 'list' ? maxFieldId([type.items]) : 0;
}

/** The fields with new ids, depth first, including nested ones. */
export function renumbered(fields: readonly Field[], nextId: () => number): Field[] {
  return fields.map((field) => ({ ...field, id: nextId(), type: renumberedType(field.type, nextId) }));
}

function renumberedType(type: DataType, nextId: () => number): DataType {
  if (type.type === 'struct') return { type: 'struct', fields: renumbered(type.fields, nextId) };
  if (type.type === 'list') return { type: 'list', items: renumbered([type.items], nextId)[0] as Field };
  return type;
}
