/**
 * Definition levels of a Parquet data page (version 1) after their size, for rows with and without a value: one RLE run
 * when all rows are alike, else the bits that `bits` returns.
 */
export function levelsOf(rows: number, present: number, bits: () => Uint8Array): Uint8Array {
  if (present === 0 || present === rows) return runOf(rows, present === 0 ? 0 : 1);
  return sized(varint(((rows + 7) >> 3) * 2 + 1), bits());
}

/** Each bit of a byte as two bits, the lowest first. */
const SPREAD = Uint16Array.from({ length: 256 }, (_, byte) => {
  let spread = 0;
  for (let bit = 0; bit < 8; bit += 1) spread |= ((byte >> bit) & 1) << (bit * 2);
  return spread;
});

/**
 * The same for the rows of a member of a struct: level 0 where the struct is null, 1 where only the member is, 2 where it
 * has a value. `structs`: the bits of rows with a struct, when not all have one.
 */
export function memberLevels(
  rows: number,
  present: number,
  bits: () => Uint8Array,
  structs?: Uint8Array,
): Uint8Array {
  if (structs === undefined && (present === 0 || present === rows)) return runOf(rows, present === 0 ? 1 : 2);
  const values = bits();
  const groups = (rows + 7) >> 3;
  const levels = new Uint8Array(groups * 2);
  for (let at = 0; at < groups; at += 1) {
    // Levels of two bits are at most 2, so a sum never carries into the next one.
    const sum = (SPREAD[structs?.[at] ?? 0xff] as number) + (SPREAD[values[at] as number] as number);
    levels[at * 2] = sum;
    levels[at * 2 + 1] = sum >> 8;
  }
  return sized(varint(groups * 2 + 1), levels);
}

/** Levels that are all alike. */
function runOf(rows: number, level: number): Uint8Array {
  return sized(varint(rows * 2), Uint8Array.of(level));
}

/** A run with its size before it. */
function sized(head: readonly number[], body: Uint8Array): Uint8Array {
  const levels = Buffer.allocUnsafe(4 + head.length + body.length);
  levels.writeUInt32LE(head.length + body.length, 0);
  levels.set(head, 4);
  levels.set(body, 4 + head.length);
  return levels;
}

/** A number as ULEB128, as in Parquet's run headers: seven bits per byte, lowest first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    bytes.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) return bytes;
  }
}

/** Sets the bits `[first, end)`, lowest bit of a byte first. */
export function mark(bits: Uint8Array, first: number, end: number): void {
  const [from, to] = [first >> 3, end >> 3];
  const head = (0xff << (first & 7)) & 0xff;
  const tail = (1 << (end & 7)) - 1;
  if (from === to) {
    bits[from] = (bits[from] as number) | (head & tail);
    return;
  }
  bits[from] = (bits[from] as number) | head;
  bits.fill(0xff, from + 1, to);
  if (tail > 0) bits[to] = (bits[to] as number) | tail;
}

/** The bits `[first, end)`, lowest first; the bits after them are undefined. */
export function bitsOf(bits: Uint8Array, first: number, end: number): Uint8Array {
  const [from, shift] = [first >> 3, first & 7];
  const size = (end - first + 7) >> 3;
  if (shift === 0) return bits.subarray(from, from + size);
  const moved = new Uint8Array(size);
  for (let index = 0, at = from; index < size; index += 1, at += 1)
    moved[index] = ((bits[at] as number) >> shift) | ((bits[at + 1] ?? 0) << (8 - shift));
  return moved;
}

/** Packs bytes that are 0 or 1 into bits, lowest first. */
export function packed(bytes: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array((count + 7) >> 3);
  for (let index = 0; index < count; index += 1)
    bits[index >> 3] = (bits[index >> 3] as number) | ((bytes[index] as number) << (index & 7));
  return bits;
}
