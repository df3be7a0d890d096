import type { DataType, Field } from '../types';
import {
  type Evidence,
  SAW_ARRAY,
  SAW_BEYOND_DOUBLE,
  SAW_BEYOND_INT64,
  SAW_BEYOND_UINT64,
  SAW_BOOL,
  SAW_FRACTION,
  SAW_INEXACT,
  SAW_INTEGER,
  SAW_NEGATIVE,
  SAW_OBJECT,
  SAW_OPEN,
  SAW_STRING,
  SAW_TEXT,
  sortedMembers,
} from './evidence';
import type { Nesting } from './nesting';

const MAX_PRECISION = 38;
const JSON_TEXT: DataType = { type: 'json' };
const SAW_NUMBER = SAW_INTEGER | SAW_FRACTION;
const SAW_KINDS = SAW_BOOL | SAW_NUMBER | SAW_STRING | SAW_OBJECT | SAW_ARRAY;

/**
 * Keys that every reader, DuckDB's COPY with its `__duckdb_…` names and objects of JavaScript accept as the name of a struct
 * member.
 */
const MEMBER_NAME = /^(?!__duckdb|__proto__$)[A-Za-z_][A-Za-z0-9_-]{0,127}$/i;

/** Assigns ids to struct members and list elements; columns get theirs from `inferSchema`. */
export type NextId = () => number;

/**
 * The narrowest type that represents every value exactly:
 *
 * | seen (nulls aside) | type |
 * |---|---|
 * | nothing (such a key is no member: see `Evidence`) | json |
 * | booleans | bool |
 * | integers | int64 → uint64 → decimal128(38, 0) → json |
 * | some numbers with fraction or exponent | float64 if a double holds each one, else decimal128(38, s), else json |
 * | RFC 3339 times with offset, at most microseconds, years 1–9999 | timestamp |
 * | other strings | utf8 |
 * | arrays | list of the elements' type; json when no element is ever seen |
 * | objects | struct, members by name; json when no member ever has a value, for an open map, or with keys that can't be member names |
 * | several of these | json |
 *
 * `json` is the source text of the value, so a number that fits no other type keeps every digit.
 */
export function resolveType(evidence: Evidence, nextId: NextId): DataType {
  const { seen } = evidence;
  if ((seen & SAW_OPEN) !== 0) return JSON_TEXT;
  const kinds = seen & SAW_KINDS;
  if (kinds === SAW_BOOL) return { type: 'bool' };
  if (kinds === SAW_STRING)
    return (seen & SAW_TEXT) === 0 ? { type: 'timestamp', unit: 'us', timezone: 'UTC' } : { type: 'utf8' };
  if (kinds === SAW_ARRAY) return listType(evidence, nextId);
  if (kinds === SAW_OBJECT) return structType(evidence, nextId);
  return kinds !== 0 && (kinds & ~SAW_NUMBER) === 0 ? numberType(evidence) : JSON_TEXT;
}

/** The type of a column's values under a nesting style (see `NESTINGS`). */
export function resolveNested(evidence: Evidence, nextId: NextId, nesting: Nesting): DataType {
  const { seen, items } = evidence;
  const nested = (seen & (SAW_OBJECT | SAW_ARRAY)) !== 0;
  if (!nested || nesting === 'struct') return resolveType(evidence, nextId);
  if (nesting === 'json' || (seen & SAW_OBJECT) !== 0) return JSON_TEXT;
  return ((items?.seen ?? 0) & (SAW_OBJECT | SAW_ARRAY)) === 0 ? resolveType(evidence, nextId) : JSON_TEXT;
}

function numberType({ seen, integerDigits, scale }: Evidence): DataType {
  if ((seen & SAW_FRACTION) !== 0) {
    if ((seen & (SAW_BEYOND_DOUBLE | SAW_INEXACT)) === 0) return { type: 'float64' };
  } else {
    if ((seen & SAW_BEYOND_INT64) === 0) return { type: 'int64' };
    if ((seen & (SAW_NEGATIVE | SAW_BEYOND_UINT64)) === 0) return { type: 'uint64' };
  }
  return integerDigits + scale <= MAX_PRECISION
    ? { type: 'decimal128', precision: MAX_PRECISION, scale }
    : JSON_TEXT;
}

function listType({ items }: Evidence, nextId: NextId): DataType {
  if (items === undefined || (items.seen & SAW_KINDS) === 0) return JSON_TEXT;
  return {
    type: 'list',
    items: { id: nextId(), name: 'element', type: resolveType(items, nextId), nullable: true },
  };
}

function structType(evidence: Evidence, nextId: NextId): DataType {
  const keys = evidence.keys?.keys ?? [];
  if (keys.length === 0 || !keys.every((key) => MEMBER_NAME.test(key))) return JSON_TEXT;
  if (new Set(keys.map((key) => key.toLowerCase())).size < keys.length) return JSON_TEXT;
  const fields: Field[] = sortedMembers(evidence).map(([name, member]) => ({
    id: nextId(),
    name,
    type: resolveType(member, nextId),
    nullable: true,
  }));
  return { type: 'struct', fields };
}
