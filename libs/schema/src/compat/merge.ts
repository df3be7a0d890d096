import type { DataType, Field, TableSchema } from '../types';
import { maxFieldId, renumbered } from '../ids';
import { canonicalJson } from '../fingerprint';
import { fieldPath, pathId } from '../infer/nesting';

/**
 * Merges the schemas of two runs that added different columns to the same version at the same time: `latest`, which one
 * of them registered, plus the columns that only `own`, the other's schema, has, with new field ids. Rows staged with
 * `own` are valid rows of the result: its columns have the same names, keys and types there, and all others are
 * nullable. Returns `latest` itself if it has all of `own`; undefined if the two can't be merged.
 */
export function mergeSchemas(latest: TableSchema, own: TableSchema): TableSchema | undefined {
  const same = (['messageType', 'ledgerColumn', 'closeTimeColumn'] as const).every(
    (property) => latest[property] === own[property],
  );
  if (!same) return undefined;
  let id = maxFieldId(latest.fields);
  const fields = mergeFields(latest.fields, own.fields, () => (id += 1));
  if (fields === undefined) return undefined;
  return fields === latest.fields ? latest : { ...latest, fields };
}

/** `older` itself if nothing was added. */
function mergeFields(
  older: readonly Field[],
  newer: readonly Field[],
  nextId: () => number,
): readonly Field[] | undefined {
  const byName = new Map(newer.map((field) => [field.name.toLowerCase(), field]));
  if (byName.size < newer.length) return undefined;
  const merged: Field[] = [];
  for (const field of older) {
    const other = byName.get(field.name.toLowerCase());
    if (other === undefined) {
      if (!field.nullable) return undefined;
      merged.push(field);
      continue;
    }
    byName.delete(field.name.toLowerCase());
    const one = mergeField(field, other, nextId);
    if (one === undefined) return undefined;
    merged.push(one);
  }
  const paths = new Set(older.map((field) => pathId(fieldPath(field))));
  const added = [...byName.values()];
  // A key that already has a column with another name: the staged rows have its values under the wrong name.
  if (added.some((field) => !field.nullable || paths.has(pathId(fieldPath(field))))) return undefined;
  if (added.length === 0 && merged.every((field, index) => field === older[index])) return older;
  return [...merged, ...renumbered(added, nextId)];
}

function mergeField(older: Field, newer: Field, nextId: () => number): Field | undefined {
  if (older.name !== newer.name || pathId(fieldPath(older)) !== pathId(fieldPath(newer))) return undefined;
  if (newer.nullable && !older.nullable) return undefined;
  const type = mergeType(older.type, newer.type, nextId);
  if (type === undefined) return undefined;
  return type === older.type ? older : { ...older, type };
}

function mergeType(older: DataType, newer: DataType, nextId: () => number): DataType | undefined {
  if (older.type === 'struct' && newer.type === 'struct') {
    const fields = mergeFields(older.fields, newer.fields, nextId);
    if (fields === undefined) return undefined;
    return fields === older.fields ? older : { type: 'struct', fields };
  }
  if (older.type === 'list' && newer.type === 'list') {
    const items = mergeField(older.items, newer.items, nextId);
    if (items === undefined) return undefined;
    return items === older.items ? older : { type: 'list', items };
  }
  return canonicalJson(older) === canonicalJson(newer) ? older : undefined;
}
