import type * as arrow from 'apache-arrow';
import { sourceMetadata, storedType } from './columns';
import { loadArrow } from './lazyarrow';
import type { DataType, Field, TableSchema } from './types';

/** Key of Arrow field metadata by which Parquet readers and writers pass a column's field id. */
const FIELD_ID_KEY = 'PARQUET:field_id';

/**
 * The Arrow schema of a dataset's files: `json` is utf8 and `uint64` is decimal128(20, 0), as they are stored. Each
 * field carries its Parquet field id as metadata, and its message key or path if that differs from its name (see
 * `sourceMetadata`); list elements are named `element`, as in the files.
 */
export function toArrowSchema(schema: TableSchema): arrow.Schema {
  const { Schema } = loadArrow();
  return new Schema(schema.fields.map((field) => arrowField(field)));
}

function arrowField(field: Field, name: string = field.name): arrow.Field {
  const { Field: ArrowField } = loadArrow();
  const metadata = new Map([[FIELD_ID_KEY, String(field.id)], ...Object.entries(sourceMetadata(field))]);
  return new ArrowField(name, arrowType(storedType(field.type)), field.nullable, metadata);
}

function arrowType(type: DataType): arrow.DataType {
  const types = loadArrow();
  switch (type.type) {
    case 'bool':
      return new types.Bool();
    case 'int32':
      return new types.Int32();
    case 'int64':
      return new types.Int64();
    case 'uint32':
      return new types.Uint32();
    case 'uint64':
      return new types.Uint64();
    case 'float64':
      return new types.Float64();
    case 'utf8':
    case 'json':
      return new types.Utf8();
    case 'decimal128':
      return new types.Decimal(type.scale, type.precision, 128);
    case 'timestamp':
      return new types.TimestampMicrosecond(type.timezone);
    case 'list':
      return new types.List(arrowField(type.items, 'element'));
    case 'struct':
      return new types.Struct(type.fields.map((field) => arrowField(field)));
  }
}

/**
 * The value of Parquet's `ARROW:schema` key: base64 of the encapsulated IPC message of the schema. It lets pyarrow and
 * polars restore the exact Arrow types. The same schema always gives the same text.
 */
export function arrowSchemaBase64(schema: TableSchema): string {
  const key = JSON.stringify(schema.fields);
  let text = encoded.get(key);
  if (text === undefined) {
    if (encoded.size >= MAX_ENCODED) encoded.clear();
    encoded.set(key, (text = encodeSchema(schema)));
  }
  return text;
}

/** Encoding takes milliseconds, and every file of a dataset needs the same text twice. */
const encoded = new Map<string, string>();
const MAX_ENCODED = 200;

function encodeSchema(schema: TableSchema): string {
  const { RecordBatchStreamWriter } = loadArrow();
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, toArrowSchema(schema));
  writer.finish();
  const stream = writer.toUint8Array(true);
  return Buffer.from(stream.subarray(0, schemaLength(stream))).toString('base64');
}

/**
 * Bytes of the first message of an IPC stream, its schema: continuation marker, length of its metadata, metadata; it has
 * no body.
 */
export function schemaLength(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
}
