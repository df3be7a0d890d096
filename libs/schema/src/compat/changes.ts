import { describeType } from '../columns';
import { canonicalJson } from '../fingerprint';
import type { Field, TableSchema } from '../types';
import { matchFields } from './match';
import type { RuleId } from './rules';
import { typeRule } from './typerule';

/** Kind of a change. `table` is a property of the whole schema, `name` an invalid name. */
type ChangeKind =
  | 'added'
  | 'removed'
  | 'renamed'
  | 'type'
  | 'nullability'
  | 'id'
  | 'key'
  | 'doc'
  | 'order'
  | 'table'
  | 'name';

/** One difference between two schemas. */
export interface SchemaChange {
  readonly kind: ChangeKind;
  /** Names from the column down, joined by dots, list elements as `element`; empty for the whole schema. */
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
  /** The row of the rule table for this change. */
  readonly rule: RuleId;
}

/**
 * All differences from an older to a newer schema, columns in the newer order and nested ones after their column.
 * Fields are matched by id and name, then by id, then by name. Two schemas without a difference are equal.
 */
export function compareSchemas(older: TableSchema, newer: TableSchema): SchemaChange[] {
  return [...compareTable(older, newer), ...compareFields(older.fields, newer.fields, '', 'add_column')];
}

/** A change in one readable line. */
export function describeChange({ kind, path, before = '', after = '' }: SchemaChange): string {
  switch (kind) {
    case 'added':
      return `+ ${path}: ${after}`;
    case 'removed':
      return `- ${path}: ${before}`;
    case 'renamed':
      return `~ ${path}: renamed from ${before}`;
    case 'doc':
      return path === '' ? '~ the documentation of the table' : `~ ${path}: its documentation`;
    case 'order':
      return path === '' ? '~ the order of the columns' : `~ ${path}: the order of its members`;
    case 'name':
      return `! ${path}: ${after}`;
    case 'id':
      return `~ ${path}: field id ${before} → ${after}`;
    case 'key':
      return `~ ${path}: message key ${JSON.stringify(before)} → ${JSON.stringify(after)}`;
    case 'table':
      return `~ ${path} ${before || 'none'} → ${after || 'none'}`;
    case 'type':
    case 'nullability':
      return `~ ${path}: ${before} → ${after}`;
  }
}

const TABLE = [
  ['messageType', 'message type', 'meaning'],
  ['origin', 'origin', 'neutral'],
  ['ledgerColumn', 'ledger column', 'meaning'],
  ['closeTimeColumn', 'close time column', 'meaning'],
  ['uniqueKey', 'unique key', 'neutral'],
] as const;

function compareTable(older: TableSchema, newer: TableSchema): SchemaChange[] {
  const changes = TABLE.flatMap(([property, path, rule]): SchemaChange[] => {
    const [before, after] = [older[property], newer[property]];
    if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
    const text = (value: string | readonly string[] | undefined): string =>
      typeof value === 'string' ? value : (value?.join(', ') ?? '');
    return [{ kind: 'table', path, before: text(before), after: text(after), rule }];
  });
  return older.doc === newer.doc ? changes : [...changes, { kind: 'doc', path: '', rule: 'neutral' }];
}

type AddRule = 'add_column' | 'add_member' | 'add_list_member';

function compareFields(
  older: readonly Field[],
  newer: readonly Field[],
  prefix: string,
  add: AddRule,
): SchemaChange[] {
  const { pairs, added, removed } = matchFields(older, newer);
  const at = (field: Field): string => `${prefix}${field.name}`;
  const order = pairs.map(([field]) => older.indexOf(field));
  const appended = pairs.every(([, field], index) => newer.indexOf(field) === index);
  const sorted = order.every((index, position) => position === 0 || index > (order[position - 1] ?? -1));
  return [
    ...removed.map((field): SchemaChange => ({
      kind: 'removed',
      path: at(field),
      before: describeField(field),
      rule: add === 'add_column' ? 'drop_column' : 'drop_member',
    })),
    ...pairs.flatMap(([before, after]) => comparePair(before, after, at(after), add)),
    ...added.map((field): SchemaChange => ({
      kind: 'added',
      path: at(field),
      after: describeField(field),
      rule: field.nullable ? add : 'add_required',
    })),
    ...(sorted && appended
      ? []
      : [{ kind: 'order', path: prefix.slice(0, -1), rule: 'neutral' } satisfies SchemaChange]),
  ];
}

function comparePair(older: Field, newer: Field, path: string, add: AddRule): SchemaChange[] {
  const changes: SchemaChange[] = [];
  if (older.name !== newer.name) {
    const rule = older.name.toLowerCase() === newer.name.toLowerCase() ? 'rename_case' : 'rename';
    changes.push({ kind: 'renamed', path, before: older.name, after: newer.name, rule });
  }
  changes.push(...compareBare(older, newer, path, add));
  return changes;
}

/** Everything about a field except its name; a list's element has no name in the files. */
function compareBare(older: Field, newer: Field, path: string, add: AddRule): SchemaChange[] {
  const changes: SchemaChange[] = [];
  if (older.id !== newer.id)
    changes.push({ kind: 'id', path, before: String(older.id), after: String(newer.id), rule: 'field_id' });
  const [keyBefore, keyAfter] = [keyOf(older), keyOf(newer)];
  if (older.key !== newer.key || JSON.stringify(older.path) !== JSON.stringify(newer.path)) {
    const rule = keyBefore === keyAfter ? 'neutral' : 'meaning';
    changes.push({ kind: 'key', path, before: keyBefore, after: keyAfter, rule });
  }
  if (older.nullable !== newer.nullable)
    changes.push({
      kind: 'nullability',
      path,
      before: nullability(older),
      after: nullability(newer),
      rule: newer.nullable ? 'to_nullable' : 'to_required',
    });
  const [before, after] = [older.type, newer.type];
  if (before.type === 'struct' && after.type === 'struct') {
    const member = add === 'add_column' ? 'add_member' : add;
    changes.push(...compareFields(before.fields, after.fields, `${path}.`, member));
  } else if (before.type === 'list' && after.type === 'list') {
    const element = `${path}.element`;
    if (before.items.name !== after.items.name)
      changes.push({
        kind: 'renamed',
        path: element,
        before: before.items.name,
        after: after.items.name,
        rule: 'neutral',
      });
    changes.push(...compareBare(before.items, after.items, element, 'add_list_member'));
  } else if (canonicalJson(before) !== canonicalJson(after))
    changes.push({
      kind: 'type',
      path,
      before: describeType(before),
      after: describeType(after),
      rule: typeRule(before, after),
    });
  if (older.doc !== newer.doc) changes.push({ kind: 'doc', path, rule: 'neutral' });
  return changes;
}

/** The message key of a column; for a flattened one its path as JSON. */
function keyOf({ key, name, path }: Field): string {
  return path === undefined ? (key ?? name) : JSON.stringify(path);
}

function describeField(field: Field): string {
  return `${describeType(field.type)}, ${nullability(field)}`;
}

function nullability(field: Field): string {
  return field.nullable ? 'nullable' : 'not nullable';
}
