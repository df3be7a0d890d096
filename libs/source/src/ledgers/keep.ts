import { isParquetryError } from '@parquetry/core';
import { type StellarType, readLedger, readUnknown } from '@parquetry/stellar';
import type { ReadLedger, ReadOptions } from './feed';

/**
 * Reads the ledger that begins at `offset`; `last`: it ends with the bytes. With `unknown: 'keep'`, one that this version
 * does not know is returned as it is.
 * @throws ParquetryError PROTOCOL_UNSUPPORTED, also when it is to be kept but its end can't be found; SOURCE_CORRUPT
 */
export function readOrKeep(
  bytes: Buffer,
  offset: number,
  position: string,
  types: readonly StellarType[],
  { sequence, last, unknown }: { sequence: number; last: boolean } & Pick<ReadOptions, 'unknown'>,
): ReadLedger {
  try {
    return { sequence, ledger: readLedger(bytes, offset, position, types) };
  } catch (error) {
    if (unknown !== 'keep' || !isParquetryError(error) || error.code !== 'PROTOCOL_UNSUPPORTED') throw error;
    return { sequence, unknown: { ...readUnknown(bytes, offset, sequence, last, error), position } };
  }
}
