import type * as arrow from 'apache-arrow';
import { toArrowSchema } from '../arrow';
import { loadArrow } from '../lazyarrow';
import type { TableSchema } from '../types';

/** A field of Arrow's JSON form. */
interface ArrowJsonField {
  readonly name: string;
  readonly nullable: boolean;
  /** `{name: 'int', bitWidth, isSigned}`, `{name: 'decimal', …}`, as Arrow's integration format has them. */
  readonly type: Readonly<Record<string, string | number | boolean>>;
  readonly children: readonly ArrowJsonField[];
  /** The Parquet field id, and the message's key or path if the name differs. */
  readonly metadata?: readonly { readonly key: string; readonly value: string }[];
}

/** An Arrow schema in the JSON form of Arrow's integration tests, which several Arrow libraries read. */
export interface ArrowJsonSchema {
  readonly schema: { readonly fields: readonly ArrowJsonField[] };
}

/** The Arrow schema of the files in readable form. */
export function arrowJson(schema: TableSchema): ArrowJsonSchema {
  return { schema: { fields: toArrowSchema(schema).fields.map(fieldJson) } };
}

/** An Arrow IPC stream with the schema and no rows: `pyarrow.ipc.open_stream`, `pyarrow.ipc.read_schema`. */
export function arrowIpc(schema: TableSchema): Uint8Array {
  const { RecordBatchStreamWriter } = loadArrow();
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, toArrowSchema(schema));
  writer.finish();
  return writer.toUint8Array(true);
}

function fieldJson(field: arrow.Field): ArrowJsonField {
  const metadata = [...field.metadata].map(([key, value]) => ({ key, value }));
  const children = (field.type.children ?? []) as arrow.Field[];
  return {
    name: field.name,
    nullable: field.nullable,
    type: typeJson(field.type),
    children: children.map(fieldJson),
    ...(metadata.length === 0 ? {} : { metadata }),
  };
}

function typeJson(type: arrow.DataType): ArrowJsonField['type'] {
  const { DataType } = loadArrow();
  if (DataType.isInt(type)) return { name: 'int', bitWidth: type.bitWidth, isSigned: type.isSigned };
  if (DataType.isFloat(type)) return { name: 'floatingpoint', precision: 'DOUBLE' };
  if (DataType.isDecimal(type))
    return { name: 'decimal', precision: type.precision, scale: type.scale, bitWidth: type.bitWidth };
  if (DataType.isTimestamp(type))
    return { name: 'timestamp', unit: 'MICROSECOND', timezone: type.timezone ?? '' };
  if (DataType.isBool(type)) return { name: 'bool' };
  if (DataType.isList(type)) return { name: 'list' };
  return { name: DataType.isStruct(type) ? 'struct' : 'utf8' };
}
