import { isUtf8 } from 'node:buffer';
import duckdb, { type Vector } from '@duckdb/node-bindings';
import { damaged } from './damaged';

/** Bytes of a DuckDB string (`duckdb_string_t` of its C API): length, then the text itself or its start and address. */
const ENTRY = 16;
/** Longest text that stands in the entry itself. */
const INLINE = 12;

/**
 * Writes `count` strings of an Arrow column, from row `from` on, into a VARCHAR vector. DuckDB gets the text of all of
 * them in one piece; their entries are then made here, pointing into it, as DuckDB does with Arrow memory itself. A
 * call into DuckDB for every string would take ten times as long.
 */
export function fillStrings(
  vector: Vector,
  offsets: Int32Array,
  bytes: Uint8Array,
  from: number,
  count: number,
): void {
  const start = offsets[from] as number;
  const end = offsets[from + count] as number;
  if (start < 0 || end < start || end > bytes.length) damaged('a text column ends outside its bytes');
  const text = bytes.subarray(start, end);
  if (!isUtf8(text)) damaged('a text column is not UTF-8');
  const base = text.length > INLINE ? ownText(vector, text) : 0n;
  const baseLow = Number(base & 0xffff_ffffn);
  const baseHigh = Number(base >> 32n);
  const words = new Uint32Array(4 * count);
  const inline = new Uint8Array(words.buffer);
  for (let row = 0, begin = start; row < count; row += 1) {
    const stop = offsets[from + row + 1] as number;
    const length = stop - begin;
    if (length < 0 || stop > end) damaged('the offsets of a text column go back');
    const at = 4 * row;
    words[at] = length;
    if (length <= INLINE)
      for (let byte = 0; byte < length; byte += 1) inline[4 * at + 4 + byte] = bytes[begin + byte] as number;
    else {
      for (let byte = 0; byte < 4; byte += 1) inline[4 * at + 4 + byte] = bytes[begin + byte] as number;
      const low = baseLow + begin - start;
      words[at + 2] = low;
      words[at + 3] = low > 0xffff_ffff ? baseHigh + 1 : baseHigh;
    }
    begin = stop;
  }
  duckdb.copy_data_to_vector(vector, 0, words.buffer, 0, ENTRY * count);
}

/** Gives the vector a copy of the text, and returns the copy's address. */
function ownText(vector: Vector, text: Uint8Array): bigint {
  duckdb.vector_assign_string_element_len(vector, 0, text);
  const entry = duckdb.vector_get_data(vector, ENTRY);
  return new DataView(entry.buffer, entry.byteOffset, ENTRY).getBigUint64(8, true);
}
