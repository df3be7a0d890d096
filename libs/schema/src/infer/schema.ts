import { ParquetryError } from '@parquetry/core';
import { maxFieldId } from '../ids';
import type { DataType, Field, TableSchema } from '../types';
import { columnNames } from './names';
import { Evidence, sortedMembers } from './evidence';
import { fieldPath, type Nesting, pathId, type Place, places } from './nesting';
import { type NextId, resolveNested, resolveType } from './resolve';

/** Maximum number of columns of a dataset. */
export const MAX_COLUMNS = 10_000;

/** Column of a row's ledger in schemas without a predefined base. */
export const LEDGER_COLUMN = 'ledger_sequence';
/** Column of a row's close time in schemas without a predefined base. */
export const CLOSE_TIME_COLUMN = 'closed_at';

/** Evidence of whole messages: its members are the message's fields after unwrapping. */
export function messageEvidence(): Evidence {
  return new Evidence(MAX_COLUMNS, -1);
}

/**
 * Infers the schema of a dataset from the evidence of all its messages. A key with only nulls has no column yet: the
 * first value decides its type, and until then its nulls read like those of a missing column.
 *
 * Without `base` the columns are the keys seen, in name order, with field ids in that order from 1, plus
 * `ledger_sequence` (uint32) and `closed_at` (timestamp), both not null, which the pull fills with the message's
 * resolved ledger and close time: a key of that name is the same column. With `base` its fields keep their ids, names
 * and types, whatever the values; other keys become further nullable columns with new ids, also in its structs.
 * `nesting` decides how objects and arrays in new columns are stored.
 *
 * @throws ParquetryError SCHEMA_CONFLICT for more than `MAX_COLUMNS` distinct keys or columns
 */
export function inferSchema(
  messageType: string,
  evidence: Evidence,
  base?: TableSchema,
  nesting: Nesting = 'struct',
): TableSchema {
  const schema = infer(messageType, evidence, base, nesting);
  if (schema.fields.length > MAX_COLUMNS + (base?.fields.length ?? 0))
    throw new ParquetryError(
      'SCHEMA_CONFLICT',
      `Messages of type ${messageType} make ${schema.fields.length} columns; ${MAX_COLUMNS} are allowed.`,
      { details: { dataset: messageType }, hint: 'Keep nested objects whole: --nested struct or json.' },
    );
  return schema;
}

/** The error for a type with more distinct keys than `MAX_COLUMNS`; `position`: the message that exceeds the limit. */
export function tooManyKeys(messageType: string, position?: string): ParquetryError {
  const where = position === undefined ? '' : `; the message at ${position} exceeds the limit`;
  return new ParquetryError(
    'SCHEMA_CONFLICT',
    `The messages of type ${messageType} have more than ${MAX_COLUMNS} distinct keys in all${where}.`,
    {
      details: { dataset: messageType, ...(position === undefined ? {} : { position }) },
      hint: 'Nest open maps one level deeper: they become JSON text there.',
    },
  );
}

function infer(
  messageType: string,
  evidence: Evidence,
  base: TableSchema | undefined,
  nesting: Nesting,
): TableSchema {
  if (evidence.isOpen) throw tooManyKeys(messageType);
  if (base !== undefined) {
    let id = maxFieldId(base.fields);
    return { ...base, messageType, fields: extendColumns(base.fields, evidence, () => (id += 1), nesting) };
  }
  const own = [
    { name: LEDGER_COLUMN, type: { type: 'uint32' }, doc: 'Sequence of the ledger.' },
    {
      name: CLOSE_TIME_COLUMN,
      type: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
      doc: 'Close time of the ledger.',
    },
  ] as const;
  let id = 0;
  const nextId = () => (id += 1);
  const isOwn = (key: string) => own.some(({ name }) => name === key);
  const wanted = places(evidence, nesting).filter(({ path: [key] }) => !isOwn(key as string));
  const names = placeNames(
    wanted,
    own.map(({ name }) => name),
  );
  const columns = [
    ...own.map((column) => ({
      name: column.name as string,
      make: (): Field => ({ id: nextId(), ...column, nullable: false }),
    })),
    ...wanted.map((place, index) => {
      const name = names[index] as string;
      return { name, make: () => newColumn(place, name, nextId, nesting) };
    }),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    messageType,
    origin: 'inferred',
    fields: columns.map(({ make }) => make()),
    ledgerColumn: LEDGER_COLUMN,
    closeTimeColumn: CLOSE_TIME_COLUMN,
  };
}

/** Names for columns; a flattened column's name is its keys joined by `_`. */
function placeNames(wanted: readonly Place[], taken: readonly string[]): string[] {
  // Two paths can have the same joined key, and a joined key can equal another key: these get a number.
  const keys = wanted.map(({ path }) => (path.length === 1 ? (path[0] as string) : path.join('_')));
  const plain = wanted.flatMap(({ path }, index) => (path.length === 1 ? [keys[index] as string] : []));
  const names = columnNames(plain, taken);
  const used = [...taken, ...names.values()];
  return wanted.map(({ path }, index) => {
    const key = keys[index] as string;
    if (path.length === 1) return names.get(key) as string;
    const name = columnNames([key], used).get(key) as string;
    used.push(name);
    return name;
  });
}

function newColumn({ path, evidence }: Place, name: string, nextId: NextId, nesting: Nesting): Field {
  const id = nextId();
  const field = { id, name, type: resolveNested(evidence, nextId, nesting), nullable: true };
  if (path.length > 1) return { ...field, path };
  return path[0] === name ? field : { ...field, key: path[0] as string };
}

function extendColumns(
  fields: readonly Field[],
  evidence: Evidence,
  nextId: NextId,
  nesting: Nesting,
): readonly Field[] {
  const wanted = places(evidence, nesting, fields);
  const byPath = new Map(wanted.map((place) => [pathId(place.path), place.evidence]));
  const known = fields.map((field) => {
    const seen = byPath.get(pathId(fieldPath(field)));
    return seen === undefined ? field : extendField(field, seen, nextId);
  });
  const paths = new Set(fields.map((field) => pathId(fieldPath(field))));
  const extra = wanted.filter(({ path }) => !paths.has(pathId(path)));
  const names = placeNames(
    extra,
    fields.map(({ name }) => name),
  );
  return [
    ...known,
    ...extra.map((place, index) => newColumn(place, names[index] as string, nextId, nesting)),
  ];
}

function newField(key: string, name: string, evidence: Evidence, nextId: NextId): Field {
  const field = { id: nextId(), name, type: resolveType(evidence, nextId), nullable: true };
  return key === name ? field : { ...field, key };
}

function extendFields(fields: readonly Field[], evidence: Evidence, nextId: NextId): readonly Field[] {
  const members = sortedMembers(evidence);
  const byKey = new Map(members);
  const known = fields.map((field) => {
    const member = byKey.get(field.key ?? field.name);
    return member === undefined ? field : extendField(field, member, nextId);
  });
  const keys = new Set(fields.map((field) => field.key ?? field.name));
  const extra = members.filter(([key]) => !keys.has(key));
  const names = columnNames(
    extra.map(([key]) => key),
    fields.map(({ name }) => name),
  );
  return [...known, ...extra.map(([key, member]) => newField(key, names.get(key) as string, member, nextId))];
}

function extendField(field: Field, evidence: Evidence, nextId: NextId): Field {
  const type = extendType(field.type, evidence, nextId);
  return type === field.type ? field : { ...field, type };
}

function extendType(type: DataType, evidence: Evidence, nextId: NextId): DataType {
  if (type.type === 'struct') {
    const fields = extendFields(type.fields, evidence, nextId);
    return fields.every((field, index) => field === type.fields[index]) &&
      fields.length === type.fields.length
      ? type
      : { type: 'struct', fields };
  }
  if (type.type === 'list' && evidence.items !== undefined) {
    const items = extendField(type.items, evidence.items, nextId);
    return items === type.items ? type : { type: 'list', items };
  }
  return type;
}
