import type { DataType, Field } from '@parquetry/schema';

/** A list type whose element has no id yet. */
export interface ListType {
  readonly type: 'list';
  readonly of: DataType;
}

/** A column before it has an id: name, type, whether null is allowed, one line for people. */
export type Column = readonly [name: string, type: DataType | ListType, nullable: boolean, doc: string];

/** The column types the Stellar tables use. */
export const T = {
  bool: { type: 'bool' },
  int32: { type: 'int32' },
  int64: { type: 'int64' },
  uint32: { type: 'uint32' },
  uint64: { type: 'uint64' },
  utf8: { type: 'utf8' },
  json: { type: 'json' },
  time: { type: 'timestamp', unit: 'us', timezone: 'UTC' },
} as const satisfies Record<string, DataType>;

/** A list of `of` whose elements are never null. */
export function listOf(of: DataType): ListType {
  return { type: 'list', of };
}

/** Numbers columns from 1 in order; list elements take the ids after the last column, so that column ids stay dense. */
export function numberFields(columns: readonly Column[]): Field[] {
  let next = columns.length + 1;
  return columns.map(([name, type, nullable, doc], index) => {
    const id = index + 1;
    if (!('of' in type)) return { id, name, type, nullable, doc };
    const items: Field = { id: next++, name: 'element', type: type.of, nullable: false };
    return { id, name, type: { type: 'list', items }, nullable, doc };
  });
}
