import type { DataType, Field } from '@parquetry/schema';
import type { Row, RowValue } from '../rows/row';
import { type Lossless, parseLossless } from './golden';

/** A row as the JSON that stellar-etl would write, numbers as text; members that are null are left out of structs. */
export function asJson(fields: readonly Field[], row: Row): Record<string, Lossless> {
  return Object.fromEntries(fields.map(({ name, type }) => [name, valueJson(type, row[name] ?? null)]));
}

function valueJson(type: DataType, value: RowValue): Lossless {
  if (value === null) return null;
  switch (type.type) {
    case 'json':
      return parseLossless(value as string);
    case 'timestamp':
      return new Date((value as number) / 1000).toISOString().replace('.000Z', 'Z');
    case 'decimal128':
      return `#${decimal(value as bigint, type.scale)}`;
    case 'list':
      return (value as RowValue[]).map((item) => valueJson(type.items.type, item));
    case 'struct': {
      const known = new Set(type.fields.map(({ name }) => name));
      const unknown = Object.keys(value as Row).filter((name) => !known.has(name));
      if (unknown.length > 0) throw new TypeError(`No such member: ${unknown.join(', ')}`);
      return Object.fromEntries(
        type.fields.flatMap((field) => {
          const member = (value as Row)[field.name];
          return member === undefined ? [] : [[field.name, valueJson(field.type, member)]];
        }),
      );
    }
    case 'bool':
      return value as boolean;
    case 'utf8':
      return value as string;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
    case 'float64':
      return `#${String(value)}`;
  }
}

/** An unscaled decimal with its point, computed independently of the code under test. */
function decimal(unscaled: bigint, scale: number): string {
  const power = 10n ** BigInt(scale);
  const size = unscaled < 0n ? -unscaled : unscaled;
  return `${unscaled < 0n ? '-' : ''}${size / power}.${String(size % power).padStart(scale, '0')}`;
}

/** Whether a struct and its JSON say the same: members that are null or absent are equal, numbers may be text. */
export function sameText(struct: Lossless, json: Lossless): boolean {
  if (Array.isArray(struct) && Array.isArray(json))
    return (
      struct.length === json.length && struct.every((item, index) => sameText(item, json[index] ?? null))
    );
  if (isObject(struct) && isObject(json))
    return [...new Set([...Object.keys(struct), ...Object.keys(json)])].every((key) =>
      sameText(struct[key] ?? null, json[key] ?? null),
    );
  const text = (value: Lossless): Lossless => (typeof value === 'string' ? value.replace(/^#/, '') : value);
  return text(struct) === text(json);
}

const isObject = (value: Lossless): value is { [key: string]: Lossless } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
