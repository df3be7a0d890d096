import type { LedgerContext } from './context';
import { contractDataRows } from './contract';
import { eventRows } from './events';
import { ledgerRow } from './ledger';
import type { Row } from './row';
import { transactionRows } from './transaction';

/** Message types made from ledgers. */
export type StellarType = 'ledgers' | 'transactions' | 'contract_data' | 'contract_events';

const BUILDERS: Readonly<Record<StellarType, (context: LedgerContext) => Iterable<Row>>> = {
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
  return BUILDERS[type](context);
}
