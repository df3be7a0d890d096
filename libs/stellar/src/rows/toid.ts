import { ParquetryError } from '@parquetry/core';

/**
 * Total order id (SEP-35): ledger << 32 | transaction order << 12 | operation; the parts have 31, 20 and 12 bits.
 * @throws ParquetryError SOURCE_CORRUPT when a part does not fit
 */
export function toid(ledger: number, transaction: number, operation: number): bigint {
  if (ledger > 0x7fffffff || transaction > 0xfffff || operation > 0xfff)
    throw new ParquetryError(
      'SOURCE_CORRUPT',
      `Ledger ${ledger}, transaction ${transaction}, operation ${operation} has no total order id.`,
      { details: { ledger, transaction, operation } },
    );
  return (BigInt(ledger) << 32n) | BigInt(transaction * 4096 + operation);
}
