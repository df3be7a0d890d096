import { createHash } from 'node:crypto';

/**
 * Random numbers that depend only on the seed: a stream of sha256(seed, counter). They are the same on every platform
 * and not secret.
 */
export class SeededRandom {
  private counter = 0;
  private pool = Buffer.alloc(0);

  constructor(private readonly seed: string) {}

  /** The next `count` bytes. */
  bytes(count: number): Buffer {
    while (this.pool.length < count) {
      const block = createHash('sha256').update(`${this.seed}/${this.counter}`).digest();
      this.counter += 1;
      this.pool = Buffer.concat([this.pool, block]);
    }
    const taken = this.pool.subarray(0, count);
    this.pool = this.pool.subarray(count);
    return Buffer.from(taken);
  }

  /** A whole number from 0 to `limit - 1`; `limit` at most 2^32. */
  below(limit: number): number {
    return this.bytes(6).readUIntBE(0, 6) % limit;
  }

  /** A whole number from `low` to `high`, both inclusive, below 2^128. */
  between(low: bigint, high: bigint): bigint {
    return low + (BigInt(`0x${this.bytes(24).toString('hex')}`) % (high - low + 1n));
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** The list in another order. */
  shuffle<T>(list: readonly T[]): T[] {
    const left = [...list];
    return list.map(() => left.splice(this.below(left.length), 1)[0] as T);
  }
}
