import { type LedgerPart, wordsOf } from './part';

/** Bytes that are compared by a loop. */
const LOOP_BYTES = 64;

/** A part, and where the value of each row begins. */
export interface Placed {
  readonly part: LedgerPart;
  /** Computed when it is first asked for. */
  offsets(): Uint32Array;
}

/**
 * The canonical order of a ledger's rows (see `rowOrder` of `@parquetry/schema`); undefined when they are in it already,
 * as rows of decoded ledgers mostly are.
 */
export function rowOrder(parts: readonly Placed[], rows: number): Uint32Array | undefined {
  const whole = parts
    .filter(({ part }) => part.number?.scale === 0)
    .sort((a, b) => {
      const nulls = Number(a.part.hasNulls) - Number(b.part.hasNulls);
      const [left, right] = [a.part.number?.most ?? 0n, b.part.number?.most ?? 0n];
      return nulls || (left === right ? 0 : left > right ? -1 : 1);
    });
  const others = parts.filter(({ part }) => part.number?.scale !== 0);
  // A number that all rows have orders none of them.
  const deciding = whole.filter(({ part }) => part.number?.constant !== true || part.hasNulls);
  const compares = [...deciding.map(numberOrder), ...others.map(bytesOrder)];
  const compare = (a: number, b: number): number => {
    for (let index = 0; index < compares.length; index += 1) {
      const found = (compares[index] as (a: number, b: number) => number)(a, b);
      if (found !== 0) return found;
    }
    return 0;
  };
  let row = 1;
  while (row < rows && compare(row - 1, row) <= 0) row += 1;
  if (row >= rows) return undefined;
  return Uint32Array.from({ length: rows }, (_, index) => index).sort(compare);
}

/** Orders rows by a number of 8 or 16 bytes. */
function numberOrder({ part, offsets }: Placed): (a: number, b: number) => number {
  const { present } = part;
  const wide = part.width / 4;
  const words = wordsOf(part.values.bytes, part.values.length / 4);
  // Without nulls the place of a value follows from its row.
  const starts = part.hasNulls ? offsets() : undefined;
  return (a, b) => {
    let [from, to] = [a * wide, b * wide];
    if (starts !== undefined) {
      const left = present[a] as number;
      const right = present[b] as number;
      if (left === 0 || right === 0) return left - right;
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
function bytesOrder({ part, offsets }: Placed): (a: number, b: number) => number {
  return (a, b) => {
    const left = part.present[a] as number;
    const right = part.present[b] as number;
    if (left === 0 || right === 0) return left - right;
    const starts = offsets();
    const { bytes } = part.values;
    let [at, to] = [starts[a] as number, starts[b] as number];
    const [end, last] = [starts[a + 1] as number, starts[b + 1] as number];
    // Most values differ early, where native code would cost more.
    const loop = Math.min(end, at + last - to, at + LOOP_BYTES);
    for (; at < loop; at += 1, to += 1)
      if (bytes[at] !== bytes[to]) return (bytes[at] as number) - (bytes[to] as number);
    return bytes.compare(bytes, to, last, at, end);
  };
}
