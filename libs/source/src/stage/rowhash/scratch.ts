/** Values begin at multiples of this, so that they can be read as words. */
const ALIGN = 8;
/** Larger memory is not kept between stages. */
const KEPT_BYTES = 8 << 20;

let memory = Buffer.alloc(0);
let used = 0;

/** Memory with arbitrary content, until `clearScratch`. */
export function scratch(size: number): Buffer {
  // Pieces of the smaller memory stay valid, because they refer to it.
  if (used + size > memory.length) {
    memory = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(memory.length * 2, size, 1 << 16))));
    used = 0;
  }
  const piece = memory.subarray(used, used + size);
  used += Math.ceil(size / ALIGN) * ALIGN;
  return piece;
}

/** The size of the memory in use, for `clearScratch`. */
export function scratchUsed(): number {
  return used;
}

/** Frees all memory that was taken since `scratchUsed` was `mark`. */
export function clearScratch(mark = 0): void {
  used = Math.min(mark, used);
  if (mark === 0 && memory.length > KEPT_BYTES) memory = Buffer.alloc(0);
}

/** Up to this size, a loop copies a value faster than native code. */
const SHORT_BYTES = 96;

/** Bytes that `copyShort` may write after a value. */
const SLACK = 3;

/** Memory for values that a `Copier` writes one after the other. */
export function scratchForCopies(size: number): Buffer {
  return scratch(size + SLACK);
}

/** Copies many short values from one buffer to another. */
export class Copier {
  private readonly from: DataView;
  private readonly to: DataView;
  /** Where the next value is written. */
  at = 0;

  /** `target`: from `scratchForCopies`. */
  constructor(
    private readonly source: Buffer,
    private readonly target: Buffer,
  ) {
    this.from = new DataView(source.buffer, source.byteOffset, source.length);
    this.to = new DataView(target.buffer, target.byteOffset, target.length);
  }

  /** Appends `source[start, end)`. */
  copy(start: number, end: number): void {
    const { from, to, at } = this;
    const size = end - start;
    this.at = at + size;
    if (size > SHORT_BYTES || end + SLACK > from.byteLength) {
      this.source.copy(this.target, at, start, end);
      return;
    }
    // The next value overwrites what is copied beyond the end.
    for (let offset = 0; offset < size; offset += 4)
      to.setInt32(at + offset, from.getInt32(start + offset, true), true);
  }
}

/** Memory as 32-bit words: it is aligned, and little-endian on every platform that this runs on. */
export function wordsOf({ buffer, byteOffset, length }: Buffer): Int32Array {
  return new Int32Array(buffer, byteOffset, length >> 2);
}
