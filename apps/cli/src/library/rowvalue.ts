import type { ColumnValue, DataType } from '@parquetry/schema';
import type { Value } from './types';

/** A stored value as it appears in a row: as it is, except that decimals become text. */
export function rowValue(type: DataType, value: ColumnValue): Value {
  if (value === null) return null;
  if (type.type === 'decimal128') return decimalText(value as bigint, type.scale);
  if (type.type === 'list')
    return (value as readonly ColumnValue[]).map((item) => rowValue(type.items.type, item));
  if (type.type === 'struct') {
    const members = value as Readonly<Record<string, ColumnValue>>;
    return Object.fromEntries(
      type.fields.map(({ name, type: member }) => [name, rowValue(member, members[name] ?? null)]),
    );
  }
  return value;
}

/** `-1250n` with scale 2 as `-12.50`. */
function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
