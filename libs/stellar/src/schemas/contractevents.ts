import type { TableSchema } from '@parquetry/schema';
import { T, listOf, numberFields } from './build';

/** Columns of `contract_events`, from TransactionMeta V3 and V4. No unique key: equal rows are separate events. */
export const contractEventsSchema: TableSchema = {
  messageType: 'contract_events',
  origin: 'predefined',
  doc: 'A row is a contract event, system event or diagnostic event of a transaction. Equal rows are separate events.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  fields: numberFields([
    ['transaction_hash', T.utf8, false, 'Transaction hash, hex.'],
    ['transaction_id', T.int64, false, 'TOID of the transaction.'],
    ['successful', T.bool, false, 'Whether the transaction succeeded.'],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    [
      'in_successful_contract_call',
      T.bool,
      false,
      'As recorded with a diagnostic event; true for other events, also fee events of failed transactions.',
    ],
    ['contract_id', T.utf8, false, 'Contract, C…; empty when the event has none.'],
    ['type', T.int32, false, '0 system, 1 contract, 2 diagnostic.'],
    ['type_string', T.utf8, false, 'Type by its Go name, e.g. ContractEventTypeContract.'],
    ['topics', listOf(T.utf8), false, 'Topics: ScVal XDR, base64.'],
    ['topics_decoded', listOf(T.json), false, 'Topics as SEP-51 JSON.'],
    ['data', T.utf8, false, 'Data: ScVal XDR, base64.'],
    ['data_decoded', T.json, false, 'Data as SEP-51 JSON.'],
    ['contract_event_xdr', T.utf8, false, 'DiagnosticEvent XDR, base64.'],
    [
      'operation_id',
      T.int64,
      true,
      'TOID of the operation; null for transaction events and diagnostic events.',
    ],
  ]),
};
