import type { FileMetaData, SchemaElement } from 'hyparquet';
import { type DataType, type Field, type TableSchema, describeType, storedType } from '@parquetry/schema';
import type { Checker } from './fault';

/** One element of a Parquet schema, in the form used for comparison and output. */
function line(
  name: string,
  repetition: string,
  kind: string,
  children: number,
  id: number | undefined,
): string {
  return `${JSON.stringify(name)} ${repetition} ${kind}${children > 0 ? `[${children}]` : ''} id=${id ?? 'none'}`;
}

/**
 * Compares the file's schema with the registered one, element by element: names, order, nesting, repetition, physical
 * and logical types, field ids. DuckDB writes every column as OPTIONAL; the null counts show whether there are nulls.
 * @throws ParquetryError VERIFY_MISMATCH
 */
export function checkSchema(check: Checker, metadata: FileMetaData, schema: TableSchema): void {
  const [root, ...found] = metadata.schema;
  const expected = schema.fields.flatMap((field) => expectedLines(field, field.name));
  check.same('the number of top-level columns', schema.fields.length, root?.num_children);
  check.same('the number of schema elements', expected.length, found.length);
  found.forEach((element, index) => {
    const { name, repetition_type = 'none', num_children = 0, field_id } = element;
    const text = line(name, repetition_type, elementKind(element), num_children, field_id);
    check.same(`schema element ${index + 1}`, expected[index], text);
  });
}

function expectedLines({ id, type }: Field, name: string): string[] {
  if (type.type === 'list')
    return [
      line(name, 'OPTIONAL', 'list', 1, id),
      line('list', 'REPEATED', 'group', 1, undefined),
      ...expectedLines(type.items, 'element'),
    ];
  if (type.type === 'struct')
    return [
      line(name, 'OPTIONAL', 'group', type.fields.length, id),
      ...type.fields.flatMap((member) => expectedLines(member, member.name)),
    ];
  return [line(name, 'OPTIONAL', scalarKind(type), 0, id)];
}

function scalarKind(type: DataType): string {
  const stored = storedType(type);
  if (stored.type !== 'decimal128') return describeType(stored);
  const { precision, scale } = stored;
  const physical = precision > 18 ? 'FIXED_LEN_BYTE_ARRAY(16)' : precision > 9 ? 'INT64' : 'INT32';
  return `decimal(${precision}, ${scale}) ${physical}`;
}

/** Kinds by physical type and annotation. Other combinations are never written, so they are reported as found. */
const KINDS: Readonly<Record<string, string>> = {
  'BOOLEAN none': 'bool',
  'INT32 INT_32': 'int32',
  'INT64 INT_64': 'int64',
  'INT32 UINT_32': 'uint32',
  'DOUBLE none': 'float64',
  'BYTE_ARRAY UTF8': 'utf8',
  'group LIST': 'list',
  'group none': 'group',
};

function elementKind(element: SchemaElement): string {
  const { converted_type: converted = 'none', logical_type: logical, precision, scale } = element;
  const physical = element.type ?? 'group';
  if (converted === 'DECIMAL')
    return `decimal(${precision}, ${scale}) ${physical}${element.type_length === undefined ? '' : `(${element.type_length})`}`;
  if (physical === 'INT64' && logical?.type === 'TIMESTAMP' && logical.isAdjustedToUTC)
    return `timestamp[${logical.unit === 'MICROS' ? 'us' : logical.unit}, tz=UTC]`;
  const key = `${physical} ${converted}`;
  return KINDS[key] ?? `${key}${logical === undefined ? '' : ` ${logical.type}`}`;
}
