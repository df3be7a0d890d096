import type { DataType, Field } from '../types';
import { isWholeFloat } from './format';

/** Converts what a reader returns of a decimal, or of an unsigned 64-bit integer, to its unscaled value. */
export type Unscaled = (raw: unknown) => bigint;

/**
 * The canonical text of a value inside a list or struct: JSON without spaces, members without a value left out, the others
 * in the order of the UTF-8 bytes of their names. Numbers are exact decimal digits without trailing zeros of the
 * fraction, times `t` and Unix microseconds, floats that are no whole numbers `f` and 16 hex digits (IEEE 754,
 * big-endian).
 */
export function canonicalText(type: DataType, value: unknown, unscaled: Unscaled): string {
  if (value === null || value === undefined) return 'null';
  switch (type.type) {
    case 'bool':
      return value === true ? 'true' : 'false';
    case 'int32':
    case 'uint32':
    case 'int64':
      return String(value);
    case 'uint64':
      return String(unscaled(value));
    case 'decimal128':
      return decimalText(unscaled(value), type.scale);
    case 'float64':
      return floatText(value as number);
    case 'timestamp':
      return `t${String(value)}`;
    case 'utf8':
    case 'json':
      return JSON.stringify(value);
    case 'list':
      return `[${(value as readonly unknown[]).map((item) => canonicalText(type.items.type, item, unscaled)).join()}]`;
    case 'struct':
      return structText(type.fields, value as Readonly<Record<string, unknown>>, unscaled);
  }
}

function structText(
  fields: readonly Field[],
  value: Readonly<Record<string, unknown>>,
  unscaled: Unscaled,
): string {
  const members = byName(fields).filter(({ name }) => (value[name] ?? null) !== null);
  const texts = members.map(
    ({ name, type }) => `${JSON.stringify(name)}:${canonicalText(type, value[name], unscaled)}`,
  );
  return `{${texts.join()}}`;
}

/** Sorts by the UTF-8 bytes of the names. */
export function byName<T extends { readonly name: string }>(members: readonly T[]): T[] {
  return [...members].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** A float inside a list or struct. */
export function floatText(value: number): string {
  if (isWholeFloat(value)) return String(value);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return `f${bytes.toString('hex')}`;
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, '');
  const text = fraction === '' ? digits.slice(0, point) : `${digits.slice(0, point)}.${fraction}`;
  return unscaled < 0n ? `-${text}` : text;
}
