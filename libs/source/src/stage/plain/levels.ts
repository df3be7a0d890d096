/**
 * Definition levels of a Parquet data page (version 1) with their size before them, for rows that have a value or none:
 * one run when all are alike, else their bits, which `bits` gives.
 */
export function levelsOf(rows: number, present: number, bits: () => Uint8Array): Uint8Array {
  const alike = present === 0 || present === rows;
  const head = varint(alike ? rows * 2 : ((rows + 7) >> 3) * 2 + 1);
  const body = alike ? Uint8Array.of(present === 0 ? 0 : 1) : bits();
  const levels = Buffer.allocUnsafe(4 + head.length + body.length);
  levels.writeUInt32LE(head.length + body.length, 0);
  levels.set(head, 4);
  levels.set(body, 4 + head.length);
  return levels;
}

/** A number as Parquet writes the length of a run: seven bits a byte, the lowest first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    bytes.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) return bytes;
  }
}

/** Sets the bits from `first` to before `end`, the lowest bit of a byte first. */
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

/** The bits from `first` to before `end`, the first one lowest; those after them may be any. */
export function bitsOf(bits: Uint8Array, first: number, end: number): Uint8Array {
  const [from, shift] = [first >> 3, first & 7];
  const size = (end - first + 7) >> 3;
  if (shift === 0) return bits.subarray(from, from + size);
  return Uint8Array.from({ length: size }, (_, index) => {
    const at = from + index;
    return ((bits[at] as number) >> shift) | ((bits[at + 1] ?? 0) << (8 - shift));
  });
}

/** Bytes that are 0 or 1 as bits, the first one lowest. */
export function packed(bytes: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array((count + 7) >> 3);
  for (let index = 0; index < count; index += 1)
    bits[index >> 3] = (bits[index >> 3] as number) | ((bytes[index] as number) << (index & 7));
  return bits;
}
