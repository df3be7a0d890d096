import { type DataType, type TableSchema, quoteText } from '@parquetry/schema';

/**
 * SQL that is true for a row c0, c1, … with a negative zero at any depth; undefined if the schema has no floats. A
 * dictionary treats it and zero as one value and loses the sign (see `dictionaryOptions`).
 */
export function anyNegativeZero({ fields }: TableSchema): string | undefined {
  return either(fields.map(({ type }, index) => negativeZero(type, `c${index}`, 0)));
}

/** SQL that is true if an expression's value has a negative zero; null for no value. */
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
