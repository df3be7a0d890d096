import { wordsOf } from './scratch';
import type { LedgerValues } from './values';

/** Bytes of a value that a key has: a double holds 48 bits exactly. */
const PIECE_BYTES = 6;
/** After this number of keys of a value, native code compares the rest. */
const MOST_PIECES = 12;
/** The key of null, which comes before all values. */
const NULL = -Number.MAX_VALUE;
/** Up to this number of rows, an insertion sort is faster than the engine's sort. */
const SMALL_GROUP = 16;

/** Adds rows `[first, end)` of the order, whose values are equal so far. */
type Add = (first: number, end: number) => void;

/**
 * The canonical order of a ledger's rows (see `rowOrder` of `@parquetry/schema`); undefined when they are in it already,
 * as rows of decoded ledgers mostly are.
 *
 * Rows are ordered by one part after the other, and by one piece of its values after the other. Only rows that are equal so
 * far are looked at again, so few values are read as a whole, and doubles are compared instead of values.
 */
export function rowOrder(parts: readonly LedgerValues[], rows: number): Uint32Array | undefined {
  if (rows < 2) return undefined;
  const sorter = new Sorter(rows);
  let equal = [0, rows];
  for (const part of decidingParts(parts)) {
    const next: number[] = [];
    const later: Add = (first, end) => void next.push(first, end);
    for (let piece = 0; equal.length > 0; piece += 1) {
      const again: number[] = [];
      const add = (first: number, end: number, last: boolean): void =>
        void (last ? next : again).push(first, end);
      for (let at = 0; at < equal.length; at += 2) {
        const [first, end] = [equal[at] as number, equal[at + 1] as number];
        if (piece === MOST_PIECES) sorter.byRest(part, first, end, later);
        else sorter.byPiece(part, piece, first, end, add);
      }
      equal = again;
    }
    equal = next;
    if (equal.length === 0) break;
  }
  return sorter.result();
}

/** Parts that order rows, in the order in which they do: a value that all rows have orders none of them. */
function decidingParts(parts: readonly LedgerValues[]): LedgerValues[] {
  const deciding = parts.filter((part) => part.form.bits !== undefined || !part.isConstant());
  const whole = deciding
    .filter(({ form }) => form.number?.scale === 0)
    .sort(({ form: a }, { form: b }) => {
      const nulls = Number(a.bits !== undefined) - Number(b.bits !== undefined);
      const [left, right] = [a.number?.most ?? 0n, b.number?.most ?? 0n];
      return nulls || (left === right ? 0 : left > right ? -1 : 1);
    });
  return [...whole, ...deciding.filter(({ form }) => form.number?.scale !== 0)];
}

class Sorter {
  private readonly order: Uint32Array;
  /** The key of the row at each place of the order. */
  private readonly keys: Float64Array;
  private moved = false;

  constructor(rows: number) {
    this.order = identity(rows);
    this.keys = new Float64Array(rows);
  }

  /** The order; undefined when no row changed its place. */
  result(): Uint32Array | undefined {
    return this.moved ? this.order : undefined;
  }

  /** Sorts the rows at `[first, end)` by a piece of their values. `last`: equal rows have no further piece in this part. */
  byPiece(
    part: LedgerValues,
    piece: number,
    first: number,
    end: number,
    equal: (first: number, end: number, last: boolean) => void,
  ): void {
    const { keys, order } = this;
    const isNumber = part.form.number?.scale === 0;
    if (isNumber) this.readWords(part, piece, first, end);
    else this.readBytes(part, piece, first, end);
    this.sort(first, end);
    for (let from = first; from < end;) {
      const key = keys[from] as number;
      let to = from + 1;
      while (to < end && keys[to] === key) to += 1;
      if (to - from > 1) {
        const row = order[from] as number;
        const size = isNumber ? ((piece + 1) * 4) / part.form.width : (piece + 1) * PIECE_BYTES;
        const last = key === NULL || (isNumber ? size >= 1 : size >= sizeOf(part, row));
        equal(from, to, last);
      }
      from = to;
    }
  }

  /** Sorts the rows at `[first, end)` by what follows the pieces of their values. */
  byRest(part: LedgerValues, first: number, end: number, equal: Add): void {
    const { order } = this;
    const { bytes } = part.form;
    const starts = part.offsets();
    const compare = (a: number, b: number): number =>
      bytes.compare(
        bytes,
        (starts[b] as number) + MOST_PIECES * PIECE_BYTES,
        starts[b + 1],
        (starts[a] as number) + MOST_PIECES * PIECE_BYTES,
        starts[a + 1],
      );
    for (let at = first + 1; at < end; at += 1)
      if (compare(order[at - 1] as number, order[at] as number) > 0) {
        order.subarray(first, end).sort(compare);
        this.moved = true;
        break;
      }
    for (let from = first; from < end;) {
      let to = from + 1;
      while (to < end && compare(order[from] as number, order[to] as number) === 0) to += 1;
      if (to - from > 1) equal(from, to);
      from = to;
    }
  }

  /** Sorts the rows at `[first, end)` by their keys. */
  private sort(first: number, end: number): void {
    const { keys, order } = this;
    let at = first + 1;
    while (at < end && (keys[at - 1] as number) <= (keys[at] as number)) at += 1;
    if (at >= end) return;
    this.moved = true;
    if (end - first > SMALL_GROUP) {
      const [oldKeys, oldOrder] = [keys.slice(first, end), order.slice(first, end)];
      const places = identity(end - first).sort((a, b) => (oldKeys[a] as number) - (oldKeys[b] as number));
      for (let index = 0; index < places.length; index += 1) {
        keys[first + index] = oldKeys[places[index] as number] as number;
        order[first + index] = oldOrder[places[index] as number] as number;
      }
      return;
    }
    for (; at < end; at += 1) {
      const [key, row] = [keys[at] as number, order[at] as number];
      let to = at;
      for (; to > first && (keys[to - 1] as number) > key; to -= 1) {
        keys[to] = keys[to - 1] as number;
        order[to] = order[to - 1] as number;
      }
      keys[to] = key;
      order[to] = row;
    }
  }

  /** Keys of whole numbers: their words, the highest first. Only the highest has a sign. */
  private readWords(part: LedgerValues, piece: number, first: number, end: number): void {
    const { keys, order } = this;
    const { bits, bytes, width } = part.form;
    const words = wordsOf(bytes);
    const each = width / 4;
    const word = each - 1 - piece;
    // Without nulls the place of a value follows from its row.
    const starts = bits === undefined ? undefined : part.offsets();
    for (let at = first; at < end; at += 1) {
      const row = order[at] as number;
      if (starts !== undefined && !part.has(row)) {
        keys[at] = NULL;
        continue;
      }
      const value = words[
        (starts === undefined ? row * each : (starts[row] as number) >> 2) + word
      ] as number;
      keys[at] = piece === 0 ? value : value >>> 0;
    }
  }

  /**
   * Keys of other values: their bytes. Values whose first bytes are equal have the same length, so zeros can follow the
   * last one.
   */
  private readBytes(part: LedgerValues, piece: number, first: number, end: number): void {
    const { keys, order } = this;
    const { bits, bytes } = part.form;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const starts = part.offsets();
    for (let at = first; at < end; at += 1) {
      const row = order[at] as number;
      if (bits !== undefined && !part.has(row)) {
        keys[at] = NULL;
        continue;
      }
      const from = (starts[row] as number) + piece * PIECE_BYTES;
      const to = starts[row + 1] as number;
      if (to - from >= PIECE_BYTES) keys[at] = view.getUint32(from) * 2 ** 16 + view.getUint16(from + 4);
      else {
        let key = 0;
        for (let index = from; index < from + PIECE_BYTES; index += 1)
          key = key * 256 + (index < to ? (bytes[index] as number) : 0);
        keys[at] = key;
      }
    }
  }
}

/** Bytes of a row's value. */
function sizeOf(part: LedgerValues, row: number): number {
  const starts = part.offsets();
  return (starts[row + 1] as number) - (starts[row] as number);
}

function identity(rows: number): Uint32Array {
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row += 1) order[row] = row;
  return order;
}
