/** Number of sets, as a power of two. */
const BITS = 13;
const NOTHING = new Uint8Array(0);

/**
 * Results of a function of bytes, for inputs that come again and again. The bytes choose a set, which keeps the last two
 * results, so that no input makes a look-up slow or the cache large.
 */
export class Recent<T> {
  private readonly keys: Uint8Array;
  /** Number of bytes of each slot's input; 0 for an empty slot. */
  private readonly sizes = new Uint8Array(2 << BITS);
  private readonly results: T[] = [];

  /**
   * @param width Maximum number of bytes; the results of longer inputs are not kept.
   * @param compute The function. One of its inputs must always have the same length.
   */
  constructor(
    private readonly width: number,
    private readonly compute: (first: Uint8Array, second: Uint8Array) => T,
  ) {
    this.keys = new Uint8Array(width * (2 << BITS));
  }

  /** The result for these bytes. */
  get(first: Uint8Array, second: Uint8Array = NOTHING): T {
    const size = first.length + second.length;
    if (size > this.width || first.length < 4) return this.compute(first, second);
    const slot = setOf(first, second) << 1;
    if (this.holds(slot, first, second)) return this.results[slot] as T;
    if (this.holds(slot + 1, first, second)) return this.results[slot + 1] as T;
    const result = this.compute(first, second);
    const { keys, sizes, results, width } = this;
    const at = slot * width;
    keys.copyWithin(at + width, at, at + width);
    sizes[slot + 1] = sizes[slot] as number;
    results[slot + 1] = results[slot] as T;
    keys.set(first, at);
    keys.set(second, at + first.length);
    sizes[slot] = size;
    results[slot] = result;
    return result;
  }

  private holds(slot: number, first: Uint8Array, second: Uint8Array): boolean {
    const at = slot * this.width;
    return (
      this.sizes[slot] === first.length + second.length &&
      same(this.keys, at, first) &&
      same(this.keys, at + first.length, second)
    );
  }
}

/** Keys and hashes, which come first, are random; names after them are not. */
function setOf(first: Uint8Array, second: Uint8Array): number {
  const at = (index: number): number => first[index] as number;
  let hash = at(0) | (at(1) << 8) | (at(2) << 16) | (at(3) << 24);
  for (let index = 0; index < second.length; index += 1)
    hash = (Math.imul(hash, 31) + (second[index] as number)) | 0;
  return Math.imul(hash, 0x9e3779b1) >>> (32 - BITS);
}

function same(keys: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index += 1) if (keys[at + index] !== bytes[index]) return false;
  return true;
}
