import type { TableSchema } from '@parquetry/schema';
import { T, numberFields } from './build';

/** Columns of `ledger_transaction`: the undecoded parts of each transaction. */
export const ledgerTransactionSchema: TableSchema = {
  messageType: 'ledger_transaction',
  origin: 'predefined',
  doc: 'A row is a transaction of a ledger as core wrote it, in XDR.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['ledger_sequence', 'tx_envelope'],
  fields: numberFields([
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
    ['tx_envelope', T.utf8, false, 'TransactionEnvelope XDR, base64.'],
    ['tx_result', T.utf8, false, 'TransactionResultPair XDR, base64.'],
    ['tx_meta', T.utf8, false, 'TransactionMeta XDR, base64.'],
    ['tx_fee_meta', T.utf8, false, 'LedgerEntryChanges of the fee processing, XDR, base64.'],
    ['tx_ledger_history', T.utf8, false, 'LedgerHeaderHistoryEntry XDR of the ledger, base64.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
  ]),
};
