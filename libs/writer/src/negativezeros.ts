import { type DataType, type TableSchema, quoteText } from '@parquetry/schema';

/**
 * SQL that is true for a row c0, c1, … with a negative zero in it, at any depth; undefined when the schema has no
 * floats. A dictionary takes it and zero for one value and loses its sign (see `dictionaryOptions`).
 */
export function anyNegativeZero({ fields }: TableSchema): string | undefined {
  return either(fields.map(({ type }, index) => negativeZero(type, `c${index}`, 0)));
}

/** True, or null for no value, when the value of a SQL expression has a negative zero. */
function negativeZero(type: DataType, value: string, depth: number): string | undefined {
  if (type.type === 'float64') return `(${value} = 0 AND signbit(${value}))`;
  if (type.type === 'list') {
    const item = `item${depth}`;
    const found = negativeZero(type.items.type, item, depth + 1);
    return found && `len(list_filter(${value}, lambda ${item}: ${found})) > 0`;
  }
  if (type.type !== 'struct') return undefined;
  const members = type.fields.map((field) =>
    negativeZero(field.type, `struct_extract(${value}, ${quoteText(field.name)})`, depth),
  );
  return either(members);
}

function either(conditions: readonly (string | undefined)[]): string | undefined {
  const found = conditions.filter((condition) => condition !== undefined);
  return found.length === 0 ? undefined : `(${found.join(' OR ')})`;
}
