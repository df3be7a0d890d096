import { LEDGER_TYPES, type LedgerType } from '@parquetry/core';

/** The message types made from ledgers, in the order of the help and the documentation. */
export const STELLAR_TYPES = LEDGER_TYPES;

/** A message type made from ledgers. */
export type StellarType = LedgerType;
