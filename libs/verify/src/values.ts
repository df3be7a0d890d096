import type { ColumnTally } from '@parquetry/core';
import type { Field } from '@parquetry/schema';
import { type DecodedFile, decodeColumn } from './decode';
import type { Checker } from './fault';
import { Tally, isBounded } from './tally';
import { signedBigEndian } from './wholenumber';

/** Decodes every value of a column and counts its nulls and bounds. */
export async function decodeTally(check: Checker, file: DecodedFile, field: Field): Promise<ColumnTally> {
  const tally = new Tally();
  const bounded = isBounded(field);
  for await (const parts of decodeColumn(check, file, field.name)) {
    let min: bigint | number | undefined;
    let max: bigint | number | undefined;
    for (const part of parts)
      for (const raw of part as ArrayLike<unknown> & Iterable<unknown>) {
        if (raw === undefined || raw === null) {
          tally.nulls += 1;
        } else if (bounded) {
          const value = raw instanceof Uint8Array ? signedBigEndian(raw) : raw;
          if (typeof value !== 'number' && typeof value !== 'bigint')
            return check.mismatch(`a value of ${field.name}`, 'a whole number', typeof value);
          if (min === undefined || value < min) min = value;
          if (max === undefined || value > max) max = value;
        }
      }
    if (min !== undefined && max !== undefined) tally.addBounds(BigInt(min), BigInt(max));
    // Decoding is synchronous: yield to heartbeats and cancellation between row groups.
    await new Promise(setImmediate);
  }
  return tally.value();
}
