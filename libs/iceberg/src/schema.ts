import { ParquetryError } from '@parquetry/core';
import { type DataType, type Field, type RegisteredSchema, leaves } from '@parquetry/schema';

/** A type in the JSON form of the Iceberg specification. */
type IcebergType =
  | string
  | { readonly type: 'struct'; readonly fields: readonly IcebergField[] }
  | {
      readonly type: 'list';
      readonly 'element-id': number;
      readonly 'element-required': boolean;
      readonly element: IcebergType;
    };

/** A column or struct member; its id is the registry's, which the Parquet files carry. */
interface IcebergField {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: IcebergType;
  readonly doc?: string;
}

/** A table schema; its id is the version of the registered schema. */
export interface IcebergSchema {
  readonly type: 'struct';
  readonly 'schema-id': number;
  readonly fields: readonly IcebergField[];
}

/** One entry of a name mapping: the id of a column in files without field ids. */
interface MappedField {
  readonly 'field-id': number;
  readonly names: readonly string[];
  readonly fields?: readonly MappedField[];
}

/**
 * The Iceberg schema of a registered schema. Iceberg has no unsigned integers: uint64 columns are stored as
 * decimal(20, 0); uint32 columns are refused, because Iceberg's own readers either refuse such files or read values
 * from 2^31 on as negative numbers.
 * @throws ParquetryError ICEBERG_UNSUPPORTED
 */
export function icebergSchema({ subject, version, schema }: RegisteredSchema): IcebergSchema {
  const unsigned = [...leaves(schema)].filter(({ field }) => field.type.type === 'uint32');
  const [first] = unsigned;
  if (first !== undefined)
    throw new ParquetryError(
      'ICEBERG_UNSUPPORTED',
      `${subject} has ${unsigned.length} unsigned 32-bit columns (${first.name}${unsigned.length > 1 ? ', …' : ''}), which Iceberg does not have.`,
      {
        details: { dataset: subject, version, columns: unsigned.slice(0, 20).map(({ name }) => name) },
        hint: 'Write a new archive with --portable-integers: it stores these columns as int64.',
      },
    );
  return { type: 'struct', 'schema-id': version, fields: schema.fields.map(icebergField) };
}

function icebergField({ id, name, type, nullable, doc }: Field): IcebergField {
  return {
    id,
    name,
    required: !nullable,
    type: icebergType(type),
    ...(doc === undefined ? {} : { doc }),
  };
}

function icebergType(type: DataType): IcebergType {
  switch (type.type) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'int';
    case 'int64':
    case 'uint32':
      return 'long';
    case 'uint64':
      return 'decimal(20, 0)';
    case 'float64':
      return 'double';
    case 'decimal128':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'utf8':
    case 'json':
      return 'string';
    case 'timestamp':
      return 'timestamptz';
    case 'list':
      return {
        type: 'list',
        'element-id': type.items.id,
        'element-required': !type.items.nullable,
        element: icebergType(type.items.type),
      };
    case 'struct':
      return { type: 'struct', fields: type.fields.map(icebergField) };
  }
}

/** The value of `schema.name-mapping.default`: each column by its name. */
export function nameMapping({ schema }: RegisteredSchema): string {
  return JSON.stringify(schema.fields.map((field) => mapped(field, field.name)));
}

function mapped({ id, type }: Field, name: string): MappedField {
  const fields =
    type.type === 'struct'
      ? type.fields.map((member) => mapped(member, member.name))
      : type.type === 'list'
        ? [mapped(type.items, 'element')]
        : undefined;
  return { 'field-id': id, names: [name], ...(fields === undefined ? {} : { fields }) };
}

/** The greatest field id of a schema, nested ones included. */
export function lastColumnId({ schema }: RegisteredSchema): number {
  const ids = (field: Field): number[] => {
    const { type } = field;
    const nested = type.type === 'struct' ? type.fields : type.type === 'list' ? [type.items] : [];
    return [field.id, ...nested.flatMap(ids)];
  };
  return schema.fields.flatMap(ids).reduce((max, id) => Math.max(max, id), 0);
}
