import duckdb, { type Vector } from '@duckdb/node-bindings';
import type { DataType, Field } from '@parquetry/schema';
import { damaged } from './damaged';
import { fillStrings } from './strings';

/** What is read of an Arrow column; `Data` of `apache-arrow` has it. */
export interface Column {
  readonly length: number;
  readonly offset: number;
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array | null;
  readonly values: unknown;
  readonly valueOffsets: unknown;
  readonly children: readonly Column[];
}

/**
 * Writes `count` values of a column, from row `from` on, into the first places of a vector of the column's type:
 * fixed-width values as they lie in Arrow's buffers, which are DuckDB's too but for booleans and short decimals.
 */
export function fillVector(
  vector: Vector,
  type: DataType,
  column: Column,
  from: number,
  count: number,
): void {
  if (column.offset !== 0 || from + count > column.length) damaged('a column is too short');
  if (column.nullCount > 0) fillValidity(vector, column.nullBitmap, from, count);
  if (count === 0) return;
  const values = column.values as Uint8Array & Uint32Array;
  switch (type.type) {
    case 'bool':
      return fillBits(vector, values, from, count);
    case 'int32':
    case 'uint32':
      return copy(vector, values, 4, from, count);
    case 'int64':
    case 'float64':
    case 'timestamp':
      return copy(vector, values, 8, from, count);
    case 'uint64':
      return copy(vector, values, 16, from, count);
    case 'decimal128':
      return fillDecimals(vector, type.precision, values, from, count);
    case 'utf8':
    case 'json':
      return fillStrings(vector, column.valueOffsets as Int32Array, values, from, count);
    case 'list':
      return fillLists(vector, type.items, column, from, count);
    case 'struct':
      for (const [index, member] of type.fields.entries())
        fillVector(
          duckdb.struct_vector_get_child(vector, index),
          member.type,
          child(column, index),
          from,
          count,
        );
  }
}

function child(column: Column, index: number): Column {
  return column.children[index] ?? damaged('a nested column lacks a member');
}

function copy(vector: Vector, values: ArrayBufferView, width: number, from: number, count: number): void {
  if (values.byteLength < width * (from + count)) damaged('a column is too short');
  duckdb.copy_data_to_vector(
    vector,
    0,
    values.buffer as ArrayBuffer,
    values.byteOffset + width * from,
    width * count,
  );
}

/** Validity: one bit a value on both sides, the lowest first; DuckDB's mask is made of 64-bit words. */
function fillValidity(
  vector: Vector,
  bitmap: Uint8Array | null | undefined,
  from: number,
  count: number,
): void {
  if (!bitmap || bitmap.length < (from + count + 7) >> 3) damaged('a validity bitmap is too short');
  const mask = new Uint8Array(((count + 63) >> 6) << 3).fill(0xff);
  const shift = from & 7;
  const first = from >> 3;
  for (let at = 0; at < (count + 7) >> 3; at += 1)
    mask[at] = ((bitmap[first + at] as number) >> shift) | ((bitmap[first + at + 1] ?? 0) << (8 - shift));
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(vector, 0, mask.buffer, 0, mask.length);
}

function fillBits(vector: Vector, bits: Uint8Array, from: number, count: number): void {
  if (bits.length < (from + count + 7) >> 3) damaged('a column is too short');
  const bytes = new Uint8Array(count);
  for (let row = 0; row < count; row += 1)
    bytes[row] = ((bits[(from + row) >> 3] as number) >> ((from + row) & 7)) & 1;
  duckdb.copy_data_to_vector(vector, 0, bytes.buffer, 0, count);
}

/** DuckDB stores decimals of up to 4, 9 and 18 digits in 16, 32 and 64 bits: the low ones of Arrow's 128. */
function fillDecimals(
  vector: Vector,
  precision: number,
  words: Uint32Array,
  from: number,
  count: number,
): void {
  if (precision > 18) return copy(vector, words, 16, from, count);
  if (words.length < 4 * (from + count)) damaged('a column is too short');
  const low =
    precision > 9
      ? new Uint32Array(2 * count)
      : precision > 4
        ? new Uint32Array(count)
        : new Uint16Array(count);
  for (let row = 0; row < count; row += 1) {
    const at = 4 * (from + row);
    if (precision > 9) {
      low[2 * row] = words[at] as number;
      low[2 * row + 1] = words[at + 1] as number;
    } else low[row] = words[at] as number;
  }
  duckdb.copy_data_to_vector(vector, 0, low.buffer, 0, low.byteLength);
}

/** Lists: where each begins in the child vector and how long it is, 64 bits each; then all their elements. */
function fillLists(vector: Vector, items: Field, column: Column, from: number, count: number): void {
  const offsets = column.valueOffsets as Int32Array;
  const start = offsets[from] as number;
  const total = (offsets[from + count] as number) - start;
  const entries = new Uint32Array(4 * count);
  for (let row = 0; row < count; row += 1) {
    const begin = offsets[from + row] as number;
    const length = (offsets[from + row + 1] as number) - begin;
    if (begin < start || length < 0 || begin + length > start + total)
      damaged('the offsets of a list go back');
    entries[4 * row] = begin - start;
    entries[4 * row + 2] = length;
  }
  duckdb.copy_data_to_vector(vector, 0, entries.buffer, 0, 16 * count);
  duckdb.list_vector_reserve(vector, total);
  duckdb.list_vector_set_size(vector, total);
  fillVector(duckdb.list_vector_get_child(vector), items.type, child(column, 0), start, total);
}
