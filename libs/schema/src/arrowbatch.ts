import type * as arrow from 'apache-arrow';
import { schemaLength, toArrowSchema } from './arrow';
import { loadArrow } from './lazyarrow';
import type { Field, TableSchema } from './types';

/**
 * A value of a column, exactly as stored: 64-bit integers, unscaled decimals and times (microseconds since 1970) are
 * bigints, JSON is text, lists are arrays, structs are objects.
 */
export type ColumnValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ColumnValue[]
  | { readonly [name: string]: ColumnValue };

/**
 * A record batch of a schema's columns, each with one value per row. Arrow's own builders convert times through
 * doubles, so the buffers are filled here.
 */
export function arrowBatch(
  schema: TableSchema,
  columns: readonly (readonly ColumnValue[])[],
): arrow.RecordBatch {
  const { RecordBatch, Struct, makeData } = loadArrow();
  const arrowSchema = toArrowSchema(schema);
  const children = arrowSchema.fields.map(({ type }, index) => arrowData(type, columns[index] ?? []));
  const type = new Struct(arrowSchema.fields);
  const length = columns[0]?.length ?? 0;
  return new RecordBatch(arrowSchema, makeData({ type, length, nullCount: 0, children }));
}

/**
 * Columns as an Arrow IPC stream: the message of the schema, a record batch for each part, the end of the stream. Only
 * one part is in memory.
 */
export async function* arrowStream(
  fields: readonly Field[],
  parts: AsyncIterable<readonly (readonly ColumnValue[])[]>,
): AsyncGenerator<Uint8Array> {
  const schema = { fields } as TableSchema;
  const empty = streamOf(arrowBatch(schema, []));
  yield empty.subarray(0, schemaLength(empty));
  for await (const columns of parts) {
    if ((columns[0]?.length ?? 0) === 0) continue;
    const stream = streamOf(arrowBatch(schema, columns));
    yield stream.subarray(schemaLength(stream), stream.length - END_LENGTH);
  }
  yield empty.subarray(empty.length - END_LENGTH);
}

/** Bytes of the end of a stream: a continuation marker and the length 0. */
const END_LENGTH = 8;

function streamOf(batch: arrow.RecordBatch): Uint8Array {
  const { RecordBatchStreamWriter } = loadArrow();
  const writer = new RecordBatchStreamWriter();
  writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

/** The buffers of one column, list element or struct member. */
function arrowData(type: arrow.DataType, values: readonly ColumnValue[]): arrow.Data {
  const { DataType, makeData } = loadArrow();
  const length = values.length;
  const nullBitmap = bitmap(values, (value) => value !== null);
  const nullCount = values.reduce<number>((count, value) => (value === null ? count + 1 : count), 0);
  const common = { length, nullCount, nullBitmap };
  if (DataType.isBool(type))
    return makeData({ type, ...common, data: bitmap(values, (value) => value === true) });
  if (DataType.isInt(type)) return makeData({ type, ...common, data: integers(type, values) });
  if (DataType.isFloat(type))
    return makeData({
      type,
      ...common,
      data: Float64Array.from(values, (value) => Number(value ?? 0)),
    });
  if (DataType.isTimestamp(type))
    return makeData({ type, ...common, data: BigInt64Array.from(values, wide) });
  if (DataType.isDecimal(type)) return makeData({ type, ...common, data: decimals(values) });
  if (DataType.isUtf8(type)) {
    const texts = values.map((value) => Buffer.from(value === null ? '' : (value as string)));
    const valueOffsets = offsets(texts.map((text) => text.length));
    return makeData({ type, ...common, valueOffsets, data: Buffer.concat(texts) });
  }
  if (DataType.isList(type)) {
    const lists = values.map((value) => (value ?? []) as readonly ColumnValue[]);
    const valueOffsets = offsets(lists.map((list) => list.length));
    const child = arrowData((type.children[0] as arrow.Field).type, lists.flat(1));
    return makeData({ type, ...common, valueOffsets, child });
  }
  if (DataType.isStruct(type)) {
    const members = values as readonly (Readonly<Record<string, ColumnValue>> | null)[];
    const children = type.children.map((field: arrow.Field) =>
      arrowData(
        field.type,
        members.map((value) => value?.[field.name] ?? null),
      ),
    );
    return makeData({ type, ...common, children });
  }
  throw new Error(`there is no Arrow column of type ${String(type)}`);
}

/** One bit per value, the lowest first. */
function bitmap(values: readonly ColumnValue[], isSet: (value: ColumnValue) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, index) => {
    if (isSet(value)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bits;
}

function integers(
  { bitWidth, isSigned }: arrow.Int,
  values: readonly ColumnValue[],
): Int32Array | Uint32Array | BigInt64Array {
  if (bitWidth === 64) return BigInt64Array.from(values, wide);
  const narrow = (value: ColumnValue): number => Number(value ?? 0);
  return isSigned ? Int32Array.from(values, narrow) : Uint32Array.from(values, narrow);
}

/** 128 bits per value, the lowest word first. */
function decimals(values: readonly ColumnValue[]): Uint32Array {
  const words = new BigUint64Array(values.length * 2);
  values.forEach((value, index) => {
    words[index * 2] = BigInt.asUintN(64, wide(value));
    words[index * 2 + 1] = BigInt.asUintN(64, wide(value) >> 64n);
  });
  return new Uint32Array(words.buffer);
}

function wide(value: ColumnValue): bigint {
  return value === null ? 0n : BigInt(value as bigint | number);
}

/** Where each value starts, and where the last one ends. */
function offsets(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  lengths.forEach((length, index) => (starts[index + 1] = (starts[index] ?? 0) + length));
  return starts;
}
