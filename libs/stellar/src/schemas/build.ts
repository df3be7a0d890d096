import type { DataType, Field } from '@parquetry/schema';

/** A type whose nested fields have no ids yet. */
export type ColumnType = DataType | ListType | StructType;
export interface ListType {
  readonly type: 'list';
  readonly of: ColumnType;
}
interface StructType {
  readonly type: 'struct';
  readonly members: readonly Column[];
}

/** A column before it has an id: name, type, whether null is allowed, description. */
export type Column = readonly [name: string, type: ColumnType, nullable: boolean, doc: string];

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
  /** Stroops (64 bits) as a decimal with seven places. */
  amount: { type: 'decimal128', precision: 19, scale: 7 },
} as const satisfies Record<string, DataType>;

/** The columns that every table of ledger entries has, in stellar-etl's usual order. */
export const ENTRY: readonly Column[] = [
  ['last_modified_ledger', T.uint32, false, 'Ledger that last changed the entry.'],
  ['ledger_entry_change', T.uint32, false, '0 created, 1 updated, 2 removed, 4 restored.'],
  [
    'deleted',
    T.bool,
    false,
    'True when the ledger removed the entry; the other columns are as they were before it.',
  ],
  ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
  ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
];

/** Columns of an asset: type, code, issuer and stellar-etl's id; `prefix` with its underscore. */
export function assetColumns(prefix: string, doc: string): readonly Column[] {
  return [
    [`${prefix}asset_type`, T.utf8, false, `${doc}: native, credit_alphanum4 or credit_alphanum12.`],
    [`${prefix}asset_code`, T.utf8, false, `${doc}: code; empty for the native asset.`],
    [`${prefix}asset_issuer`, T.utf8, false, `${doc}: issuer, G…; empty for the native asset.`],
    [
      `${prefix}asset_id`,
      T.int64,
      false,
      `${doc}: stellar-etl's id, FarmHash Fingerprint64 of code, issuer and type, signed.`,
    ],
  ];
}

/** A list of `of` whose elements are never null. */
export function listOf(of: ColumnType): ListType {
  return { type: 'list', of };
}

/**
 * Numbers columns from 1 in order; list elements and struct members take the ids after the last column, so that column
 * ids stay dense.
 */
export function numberFields(columns: readonly Column[]): Field[] {
  let next = columns.length + 1;
  const field = (id: number, [name, type, nullable, doc]: Column): Field => ({
    id,
    name,
    type: numbered(type),
    nullable,
    doc,
  });
  const numbered = (type: ColumnType): DataType => {
    if ('of' in type)
      return {
        type: 'list',
        items: { id: next++, name: 'element', type: numbered(type.of), nullable: false },
      };
    if ('members' in type)
      return { type: 'struct', fields: type.members.map((member) => field(next++, member)) };
    return type;
  };
  return columns.map((column, index) => field(index + 1, column));
}
