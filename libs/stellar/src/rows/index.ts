import type { LedgerContext } from './context';
import { contractDataRows } from './contract';
import { eventRows } from './events';
import { ledgerRow } from './ledger';
import type { Row } from './row';
import { transactionRows } from './transaction';
import type { StellarType } from './types';

export { STELLAR_TYPES, type StellarType } from './types';

const BUILDERS: Readonly<Partial<Record<StellarType, (context: LedgerContext) => Iterable<Row>>>> = {
  ledgers: (context) => [ledgerRow(context)],
  transactions: transactionRows,
  contract_data: contractDataRows,
  contract_events: eventRows,
};

/** Whether ledgers give rows of this message type. */
export function isStellarType(type: string): type is StellarType {
  return Object.hasOwn(BUILDERS, type);
}

/**
 * The rows of one message type in a ledger, in their total order.
 * @throws ParquetryError SOURCE_CORRUPT for a ledger that contradicts itself
 */
export function stellarRows(context: LedgerContext, type: StellarType): Iterable<Row> {
  return BUILDERS[type]?.(context) ?? [];
}
