import { wordsOf } from './scratch';
import type { LedgerValues } from './values';

/** Bytes that are compared by a loop. */
const LOOP_BYTES = 64;

/** Up to this number of rows, an insertion sort is faster than the engine's sort. */
const LARGE_GROUP = 12;

type Compare = (a: number, b: number) => number;

/**
 * The canonical order of a ledger's rows (see `rowOrder` of `@parquetry/schema`); undefined when they are in it already,
 * as rows of decoded ledgers mostly are.
 */
export function rowOrder(parts: readonly LedgerValues[], rows: number): Uint32Array | undefined {
  const whole = parts
    .filter(({ form }) => form.number?.scale === 0)
    .sort(({ form: a }, { form: b }) => {
      const nulls = Number(a.bits !== undefined) - Number(b.bits !== undefined);
      const [left, right] = [a.number?.most ?? 0n, b.number?.most ?? 0n];
      return nulls || (left === right ? 0 : left > right ? -1 : 1);
    });
  // A value that all rows have orders none of them.
  const orders = (part: LedgerValues): boolean => part.form.bits !== undefined || !part.isConstant();
  const deciding = whole.filter(orders);
  const others = parts.filter((part) => part.form.number?.scale !== 0 && orders(part));
  const compares = [...deciding.map(numberOrder), ...others.map(bytesOrder)];
  const compare: Compare = (a, b) => {
    for (let index = 0; index < compares.length; index += 1) {
      const found = (compares[index] as Compare)(a, b);
      if (found !== 0) return found;
    }
    return 0;
  };
  const keys = deciding[0] === undefined ? undefined : keysOf(deciding[0]);
  return keys === undefined ? orderOf(rows, compare) : orderByKeys(keys, compare);
}

/**
 * Numbers of 8 bytes that all rows have, less a common number, as doubles: the greater double is the greater number, but
 * equal doubles can be different numbers.
 */
function keysOf({ form }: LedgerValues): Float64Array | undefined {
  if (form.bits !== undefined || form.width !== 8) return undefined;
  const words = wordsOf(form.bytes);
  const base = words[1] as number;
  const keys = new Float64Array(form.rows);
  for (let row = 0; row < keys.length; row += 1)
    keys[row] = ((words[row * 2 + 1] as number) - base) * 2 ** 32 + ((words[row * 2] as number) >>> 0);
  return keys;
}

function orderOf(rows: number, compare: Compare): Uint32Array | undefined {
  let row = 1;
  while (row < rows && compare(row - 1, row) <= 0) row += 1;
  return row >= rows ? undefined : identity(rows).sort(compare);
}

/** Rows of a ledger are mostly in the order of their keys. Then only rows with the same key need to be sorted. */
function orderByKeys(keys: Float64Array, compare: Compare): Uint32Array | undefined {
  const rows = keys.length;
  let row = 1;
  while (row < rows && (keys[row - 1] as number) <= (keys[row] as number)) row += 1;
  if (row < rows)
    return identity(rows).sort((a, b) => {
      const [left, right] = [keys[a] as number, keys[b] as number];
      return left < right ? -1 : left > right ? 1 : compare(a, b);
    });
  let order: Uint32Array | undefined;
  for (let first = 0; first < rows;) {
    let end = first + 1;
    while (end < rows && keys[end] === keys[first]) end += 1;
    if (end - first > 1 && !ascends(first, end, compare)) {
      order ??= identity(rows);
      sortGroup(order, first, end, compare);
    }
    first = end;
  }
  return order;
}

function ascends(first: number, end: number, compare: Compare): boolean {
  for (let row = first + 1; row < end; row += 1) if (compare(row - 1, row) > 0) return false;
  return true;
}

/** Sorts the rows at `[first, end)`. */
function sortGroup(order: Uint32Array, first: number, end: number, compare: Compare): void {
  if (end - first > LARGE_GROUP) {
    order.subarray(first, end).sort(compare);
    return;
  }
  for (let index = first + 1; index < end; index += 1) {
    const row = order[index] as number;
    let at = index;
    for (; at > first && compare(order[at - 1] as number, row) > 0; at -= 1)
      order[at] = order[at - 1] as number;
    order[at] = row;
  }
}

const identity = (rows: number): Uint32Array => {
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row += 1) order[row] = row;
  return order;
};

/** Orders rows by a number of 8 or 16 bytes. */
function numberOrder(part: LedgerValues): Compare {
  const { bytes, width, bits } = part.form;
  const wide = width / 4;
  const words = wordsOf(bytes);
  return (a, b) => {
    let [from, to] = [a * wide, b * wide];
    // Without nulls the place of a value follows from its row.
    if (bits !== undefined) {
      const [left, right] = [part.has(a), part.has(b)];
      if (!left || !right) return Number(left) - Number(right);
      const starts = part.offsets();
      from = (starts[a] as number) >> 2;
      to = (starts[b] as number) >> 2;
    }
    for (let at = wide - 1; at >= 0; at -= 1) {
      const [one, other] = [words[from + at] as number, words[to + at] as number];
      if (one === other) continue;
      // Only the highest word has a sign.
      return (at === wide - 1 ? one < other : one >>> 0 < other >>> 0) ? -1 : 1;
    }
    return 0;
  };
}

/** Orders rows by the bytes of a value. */
function bytesOrder(part: LedgerValues): Compare {
  const { bytes, bits } = part.form;
  return (a, b) => {
    if (bits !== undefined) {
      const [left, right] = [part.has(a), part.has(b)];
      if (!left || !right) return Number(left) - Number(right);
    }
    const starts = part.offsets();
    let [at, to] = [starts[a] as number, starts[b] as number];
    const [end, last] = [starts[a + 1] as number, starts[b + 1] as number];
    // Most values differ early, where native code would cost more.
    const loop = Math.min(end, at + last - to, at + LOOP_BYTES);
    for (; at < loop; at += 1, to += 1)
      if (bytes[at] !== bytes[to]) return (bytes[at] as number) - (bytes[to] as number);
    return bytes.compare(bytes, to, last, at, end);
  };
}
