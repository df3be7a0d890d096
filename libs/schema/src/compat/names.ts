import { UNSAFE_NAME } from '../export/names';
import type { DataType, Field, TableSchema } from '../types';
import type { SchemaChange } from './changes';

/** Names of the layout's folders: Delta partition columns, and hive columns for readers of globs. */
const LAYOUT_COLUMNS: readonly string[] = ['year', 'month', 'day', 'hour'];

/**
 * Names of a schema that readers can't handle: two that differ only in case, those of the layout's folders, and those
 * that Delta and Spark refuse. Names that `before` already has at the same place are left out, because files already
 * use them.
 */
export function nameFaults(schema: TableSchema, before?: TableSchema): SchemaChange[] {
  const old = new Set(before === undefined ? [] : faultsOf(before.fields, '').map(key));
  return faultsOf(schema.fields, '').filter((fault) => !old.has(key(fault)));
}

function key({ path, rule }: SchemaChange): string {
  return `${rule} ${path}`;
}

function faultsOf(fields: readonly Field[], prefix: string): SchemaChange[] {
  const seen = new Map<string, string>();
  return fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    const folded = field.name.toLowerCase();
    const twin = seen.get(folded);
    seen.set(folded, field.name);
    const faults: SchemaChange[] = [];
    const fault = (rule: SchemaChange['rule'], after: string): unknown =>
      faults.push({ kind: 'name', path, after, rule });
    if (twin !== undefined) fault('name_case', `differs from "${twin}" only in case`);
    if (prefix === '' && LAYOUT_COLUMNS.includes(folded))
      fault('name_layout', 'is the name of a layout folder');
    if (UNSAFE_NAME.test(field.name)) fault('name_delta', 'holds a character that Delta and Spark refuse');
    return [...faults, ...nested(field.type, path)];
  });
}

function nested(type: DataType, path: string): SchemaChange[] {
  if (type.type === 'struct') return faultsOf(type.fields, `${path}.`);
  return type.type === 'list' ? nested(type.items.type, `${path}.element`) : [];
}
