import type { ColumnTally } from '@parquetry/core';
import type { Field } from '@parquetry/schema';
import type { DecodedArray } from 'hyparquet';
import type { Checker } from './fault';
import { Tally, isBounded } from './tally';
import { signedBigEndian } from './wholenumber';

/** Counts the nulls and bounds of a column's decoded values. */
export class ValueTally {
  private readonly tally = new Tally();
  private readonly bounded: boolean;

  constructor(
    private readonly check: Checker,
    private readonly field: Field,
  ) {
    this.bounded = isBounded(field);
  }

  /** Adds the values of a row group. */
  add(parts: readonly DecodedArray[]): void {
    const { tally, bounded } = this;
    let min: bigint | number | undefined;
    let max: bigint | number | undefined;
    for (const part of parts)
      for (const raw of part as ArrayLike<unknown> & Iterable<unknown>) {
        if (raw === undefined || raw === null) {
          tally.nulls += 1;
        } else if (bounded) {
          const value = raw instanceof Uint8Array ? signedBigEndian(raw) : raw;
          if (typeof value !== 'number' && typeof value !== 'bigint')
            return this.check.mismatch(`a value of ${this.field.name}`, 'a whole number', typeof value);
          if (min === undefined || value < min) min = value;
          if (max === undefined || value > max) max = value;
        }
      }
    if (min !== undefined && max !== undefined) tally.addBounds(BigInt(min), BigInt(max));
  }

  value(): ColumnTally {
    return this.tally.value();
  }
}
