import { ParquetryError } from '@parquetry/core';
import {
  type DataType,
  encodeName,
  type Field,
  sourceMetadata,
  type TableSchema,
  UNSAFE_NAME,
} from '@parquetry/schema';

/** A type of Spark's JSON schema form. */
type DeltaType =
  | string
  | DeltaStruct
  | { readonly type: 'array'; readonly elementType: DeltaType; readonly containsNull: boolean };

/** A struct of Spark's JSON schema form; the table's schema is one. */
export interface DeltaStruct {
  readonly type: 'struct';
  readonly fields: readonly DeltaField[];
}

/**
 * A member of a struct. Its metadata holds `parquetry.id`, the Parquet field id, `parquetry.key` or `parquetry.path`, the
 * message's key or keys where they are not the name (see `sourceMetadata`), and `comment`.
 */
interface DeltaField {
  readonly name: string;
  readonly type: DeltaType;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, string | number>>;
}

/**
 * A table's schema in the format of the Delta log: the columns of the files, then the partition columns as strings.
 * Delta has no unsigned integers: uint32 is `long`, uint64 is `decimal(20,0)`.
 * @throws ParquetryError SCHEMA_CONFLICT when Delta readers can't distinguish two column names, or refuse one
 */
export function deltaSchema(schema: TableSchema, partitionColumns: readonly string[]): DeltaStruct {
  const fields = [
    ...schema.fields.map(deltaField),
    ...partitionColumns.map((name) => ({ name, type: 'string', nullable: true, metadata: {} })),
  ];
  assertDistinct(fields, schema.messageType);
  return { type: 'struct', fields };
}

function deltaField(field: Field): DeltaField {
  return {
    name: field.name,
    type: deltaType(field.type),
    nullable: field.nullable,
    metadata: {
      'parquetry.id': field.id,
      ...sourceMetadata(field),
      ...(field.doc === undefined ? {} : { comment: field.doc }),
    },
  };
}

function deltaType(type: DataType): DeltaType {
  switch (type.type) {
    case 'bool':
      return 'boolean';
    case 'int32':
      return 'integer';
    case 'int64':
    case 'uint32':
      return 'long';
    case 'uint64':
      return 'decimal(20,0)';
    case 'float64':
      return 'double';
    case 'decimal128':
      return `decimal(${type.precision},${type.scale})`;
    case 'utf8':
    case 'json':
      return 'string';
    case 'timestamp':
      return 'timestamp';
    case 'list':
      return { type: 'array', elementType: deltaType(type.items.type), containsNull: type.items.nullable };
    case 'struct':
      // A required member of an optional struct is legal in Delta and Parquet, but pyarrow's reader, which delta-rs uses,
      // refuses the rows without the struct. So members are optional; the registry's schema says which are required.
      return withOptionalMembers({ type: 'struct', fields: type.fields.map(deltaField) });
  }
}

function assertDistinct(fields: readonly DeltaField[], table: string): void {
  const seen = new Map<string, string>();
  for (const { name, type } of fields) {
    if (UNSAFE_NAME.test(name))
      throw new ParquetryError(
        'SCHEMA_CONFLICT',
        `The column ${JSON.stringify(name)} of ${table} has a character that Delta tables and Spark refuse.`,
        {
          details: { table, column: name },
          hint: `Name it ${encodeName(name)}, and keep the message's key in the field's metadata.`,
        },
      );
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      throw new ParquetryError(
        'SCHEMA_CONFLICT',
        `The columns "${other}" and "${name}" of ${table} differ only in case, or one has the name of a partition column; a Delta table can't have both.`,
        { details: { table, column: name }, hint: 'Rename or leave out one of them, or use another layout.' },
      );
    seen.set(name.toLowerCase(), name);
    assertNested(type, `${table}.${name}`);
  }
}

function assertNested(type: DeltaType, path: string): void {
  if (typeof type === 'string') return;
  if (type.type === 'struct') assertDistinct(type.fields, path);
  else assertNested(type.elementType, `${path}.element`);
}

/**
 * Why a table of the schema `newer` can't contain files of the schema `older`: a column is missing or has another type.
 * Undefined when it can.
 */
export function schemaFault(older: DeltaStruct, newer: DeltaStruct): string | undefined {
  for (const field of older.fields) {
    const other = newer.fields.find(({ name }) => name === field.name);
    if (other === undefined) return `the column "${field.name}" is missing`;
    const fault = typeFault(field.type, other.type);
    if (fault !== undefined) return `"${field.name}": ${fault}`;
    if (field.nullable && !other.nullable) return `"${field.name}" is no longer nullable`;
  }
  const added = newer.fields.find(
    (field) => !field.nullable && !older.fields.some(({ name }) => name === field.name),
  );
  return added === undefined ? undefined : `the new column "${added.name}" is not nullable`;
}

function typeFault(older: DeltaType, newer: DeltaType): string | undefined {
  if (typeof older === 'string' || typeof newer === 'string')
    return older === newer ? undefined : `${typeName(older)} became ${typeName(newer)}`;
  if (older.type === 'struct' && newer.type === 'struct')
    return schemaFault(withOptionalMembers(older), withOptionalMembers(newer));
  if (older.type === 'array' && newer.type === 'array')
    return older.containsNull && !newer.containsNull
      ? 'its elements are no longer nullable'
      : typeFault(older.elementType, newer.elementType);
  return `${older.type} became ${newer.type}`;
}

/** Tables of earlier versions have required members, whose absence the registry's compatibility rules check. */
function withOptionalMembers({ type, fields }: DeltaStruct): DeltaStruct {
  return { type, fields: fields.map((field) => ({ ...field, nullable: true })) };
}

function typeName(type: DeltaType): string {
  return typeof type === 'string' ? type : type.type;
}
