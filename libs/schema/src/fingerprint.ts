import { createHash } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import type { TableSchema } from './types';

/**
 * Canonical JSON: keys in code unit order, no white space, undefined members left out. Numbers must be exact in
 * JavaScript; use strings for larger ones.
 * @throws ParquetryError INTERNAL for values that JSON can't represent
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
      throw new ParquetryError('INTERNAL', `The number ${value} has no exact JSON form.`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object') throw new ParquetryError('INTERNAL', `A ${typeof value} has no JSON form.`);
  const object = value as Readonly<Record<string, unknown>>;
  let members = '';
  // The order of code units is the default.
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

const fingerprints = new WeakMap<TableSchema, string>();

/** sha256 (hex) of a schema's canonical JSON: two schemas are equal if their fingerprints are. Schemas never change. */
export function schemaFingerprint(schema: TableSchema): string {
  const known = fingerprints.get(schema);
  if (known !== undefined) return known;
  const found = createHash('sha256').update(canonicalJson(schema)).digest('hex');
  fingerprints.set(schema, found);
  return found;
}
