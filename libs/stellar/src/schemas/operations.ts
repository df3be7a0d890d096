import type { TableSchema } from '@parquetry/schema';
import { T, numberFields } from './build';
import { OPERATION_DETAILS } from './operationdetails';

/** Columns of `operations`, from the transaction set, the results and the changes of LedgerCloseMeta. */
export const operationsSchema: TableSchema = {
  messageType: 'operations',
  origin: 'predefined',
  doc: 'A row is an operation of a transaction, successful or not.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['id'],
  fields: numberFields([
    ['source_account', T.utf8, false, 'Source account of the operation, G….'],
    ['source_account_muxed', T.utf8, true, 'Source account, M…, where it is multiplexed.'],
    ['type', T.int32, false, 'Operation type, the number of the protocol.'],
    ['type_string', T.utf8, false, 'Operation type, e.g. payment.'],
    [
      'details',
      OPERATION_DETAILS,
      false,
      'What the operation says and did; members of other types are null.',
    ],
    ['transaction_id', T.int64, false, 'TOID of the transaction.'],
    ['id', T.int64, false, 'TOID of the operation.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    [
      'operation_result_code',
      T.utf8,
      false,
      'Result code by its Go name, e.g. OperationResultCodeOpInner; empty when the transaction was not applied.',
    ],
    [
      'operation_trace_code',
      T.utf8,
      false,
      "Result code of the operation's own type; empty when it was not applied.",
    ],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
    ['details_json', T.json, false, 'The details as JSON: only the members that apply, keys in order.'],
  ]),
};
