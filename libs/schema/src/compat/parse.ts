import { ParquetryError } from '@parquetry/core';
import { assertStorable } from '../columns';
import type { DataType, Field, TableSchema } from '../types';

const MAX_DEPTH = 100;
const SCALARS: readonly string[] = ['bool', 'int32', 'int64', 'uint32', 'uint64', 'float64', 'utf8', 'json'];

/**
 * Parses a schema from JSON by a person or another program: a `TableSchema`, or a registered one as `parquetry schema
 * show --json` prints it. Unknown members, repeated field ids and missing columns are refused.
 * @throws ParquetryError CONFIG_INVALID naming the place, SCHEMA_CONFLICT for names and digits that can't be stored
 */
export function parseTableSchema(text: string): TableSchema {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ParquetryError('CONFIG_INVALID', 'The schema is not JSON.', { cause });
  }
  if (isObject(value) && 'schema' in value) value = value['schema'];
  const schema = table(members(value, 'schema'));
  assertStorable(schema);
  return schema;
}

function table(row: Record<string, unknown>): TableSchema {
  only(row, 'schema', [
    'messageType',
    'origin',
    'doc',
    'fields',
    'ledgerColumn',
    'closeTimeColumn',
    'uniqueKey',
  ]);
  const { origin = 'inferred' } = row;
  if (origin !== 'predefined' && origin !== 'inferred') refuse('origin', 'expected predefined or inferred');
  const fields = fieldList(row['fields'], 'fields', new Set(), 0);
  const has = (name: string, ...types: string[]): string => {
    const column = string(row[name], name);
    const found = fields.find((field) => field.name === column);
    if (found === undefined || !types.includes(found.type.type) || found.nullable)
      refuse(name, `"${column}" is not a ${types.join(' or ')} column that is not nullable`);
    return column;
  };
  const uniqueKey = row['uniqueKey'];
  return {
    messageType: string(row['messageType'], 'messageType'),
    origin,
    ...optional('doc', row['doc'], 'doc'),
    fields,
    ledgerColumn: has('ledgerColumn', 'uint32', 'int64'),
    closeTimeColumn: has('closeTimeColumn', 'timestamp'),
    ...(uniqueKey === undefined
      ? {}
      : { uniqueKey: array(uniqueKey, 'uniqueKey').map((name) => string(name, 'uniqueKey')) }),
  };
}

function fieldList(value: unknown, at: string, ids: Set<number>, depth: number): Field[] {
  return array(value, at).map((item, index) => field(item, `${at}[${index}]`, ids, depth));
}

function field(value: unknown, at: string, ids: Set<number>, depth: number): Field {
  if (depth > MAX_DEPTH) refuse(at, `it is nested deeper than ${MAX_DEPTH} levels`);
  const row = members(value, at);
  only(row, at, ['id', 'name', 'type', 'nullable', 'key', 'path', 'doc']);
  const { id, nullable } = row;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > 0x7fff_ffff)
    return refuse(`${at}.id`, 'expected a whole number from 1 to 2147483647');
  if (ids.has(id)) refuse(`${at}.id`, `field id ${id} occurs twice`);
  ids.add(id);
  if (typeof nullable !== 'boolean') return refuse(`${at}.nullable`, 'expected true or false');
  return {
    id,
    name: string(row['name'], `${at}.name`),
    type: dataType(row['type'], `${at}.type`, ids, depth),
    nullable,
    ...optional('key', row['key'], `${at}.key`),
    ...(row['path'] === undefined ? {} : { path: keyPath(row['path'], `${at}.path`) }),
    ...optional('doc', row['doc'], `${at}.doc`),
  };
}

function keyPath(value: unknown, at: string): string[] {
  return array(value, at).map((key, index) => string(key, `${at}[${index}]`));
}

function dataType(value: unknown, at: string, ids: Set<number>, depth: number): DataType {
  const row = members(value, at);
  const { type } = row;
  if (type === 'decimal128') {
    only(row, at, ['type', 'precision', 'scale']);
    const { precision, scale } = row;
    if (typeof precision !== 'number' || typeof scale !== 'number')
      return refuse(at, 'expected precision and scale');
    return { type, precision, scale };
  }
  if (type === 'timestamp') {
    only(row, at, ['type', 'unit', 'timezone']);
    if (row['unit'] !== 'us' || row['timezone'] !== 'UTC')
      refuse(at, 'expected unit "us" and timezone "UTC"');
    return { type, unit: 'us', timezone: 'UTC' };
  }
  if (type === 'list') {
    only(row, at, ['type', 'items']);
    return { type, items: field(row['items'], `${at}.items`, ids, depth + 1) };
  }
  if (type === 'struct') {
    only(row, at, ['type', 'fields']);
    return { type, fields: fieldList(row['fields'], `${at}.fields`, ids, depth + 1) };
  }
  only(row, at, ['type']);
  if (typeof type === 'string' && SCALARS.includes(type)) return { type } as DataType;
  return refuse(at, `the type ${JSON.stringify(type)?.slice(0, 40) ?? 'undefined'} is not known`);
}

function optional<K extends string>(name: K, value: unknown, at: string): { [key in K]?: string } {
  return value === undefined ? {} : ({ [name]: string(value, at) } as { [key in K]?: string });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function members(value: unknown, at: string): Record<string, unknown> {
  return isObject(value) ? value : refuse(at, 'expected an object');
}

function array(value: unknown, at: string): unknown[] {
  return Array.isArray(value) ? value : refuse(at, 'expected an array');
}

function string(value: unknown, at: string): string {
  return typeof value === 'string' ? value : refuse(at, 'expected a text');
}

function only(row: Record<string, unknown>, at: string, known: readonly string[]): void {
  const unknown = Object.keys(row).find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(at, `the member ${JSON.stringify(unknown.slice(0, 100))} is not known`);
}

function refuse(at: string, why: string): never {
  throw new ParquetryError('CONFIG_INVALID', `This is not a schema: ${at}: ${why}.`, {
    details: { place: at },
    hint: 'See `parquetry schema show SUBJECT --json` for the form.',
  });
}
