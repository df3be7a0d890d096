import type { TableSchema } from '@parquetry/schema';
import { T, listOf, numberFields } from './build';

/** Columns of `ledgers`, from LedgerHeaderHistoryEntry and the transaction results of LedgerCloseMeta. */
export const ledgersSchema: TableSchema = {
  messageType: 'ledgers',
  origin: 'predefined',
  doc: 'A row is a closed ledger: its header and counts.',
  ledgerColumn: 'sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['sequence'],
  fields: numberFields([
    ['sequence', T.uint32, false, 'Ledger sequence.'],
    ['ledger_hash', T.utf8, false, 'sha256 of the header XDR, hex.'],
    ['previous_ledger_hash', T.utf8, false, 'Hash of the ledger before, hex.'],
    ['ledger_header', T.utf8, false, 'LedgerHeader XDR, base64.'],
    [
      'transaction_count',
      T.int32,
      false,
      "Successful transactions (the name is stellar-etl's; all are successful + failed).",
    ],
    ['operation_count', T.int32, false, 'Operations of successful transactions.'],
    ['successful_transaction_count', T.int32, false, 'Successful transactions.'],
    ['failed_transaction_count', T.int32, false, 'Failed transactions.'],
    ['tx_set_operation_count', T.utf8, false, 'Operations of all transactions, as text.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    ['total_coins', T.int64, false, 'Lumens in existence, in stroops.'],
    ['fee_pool', T.int64, false, 'Fees collected, in stroops.'],
    ['base_fee', T.uint32, false, 'Base fee of an operation, in stroops.'],
    ['base_reserve', T.uint32, false, 'Base reserve, in stroops.'],
    ['max_tx_set_size', T.uint32, false, 'Greatest number of operations in a transaction set.'],
    ['protocol_version', T.uint32, false, 'Protocol version of the ledger.'],
    ['id', T.int64, false, 'TOID of the ledger: sequence << 32.'],
    [
      'soroban_fee_write_1kb',
      T.int64,
      false,
      'Write fee for 1 kB of Soroban data, in stroops; 0 where the meta has none.',
    ],
    ['node_id', T.utf8, false, 'Validator that signed the value, G…; empty when the value is unsigned.'],
    ['signature', T.utf8, false, 'Signature of the value, base64; empty when the value is unsigned.'],
    [
      'total_byte_size_of_bucket_list',
      T.uint64,
      false,
      'Size of the live Soroban state or bucket list, bytes; 0 for LedgerCloseMeta V0.',
    ],
    ['total_byte_size_of_live_soroban_state', T.uint64, false, 'The same number under its newer name.'],
    ['evicted_ledger_keys_type', listOf(T.utf8), false, 'Types of the ledger keys evicted in the ledger.'],
    [
      'evicted_ledger_keys_hash',
      listOf(T.utf8),
      false,
      'sha256 (hex) of the evicted ledger keys, same order as the types.',
    ],
  ]),
};
