import type { TableSchema } from '@parquetry/schema';
import { T, numberFields } from './build';

/** Columns of `token_transfers`, from the events of fees and tokens (SEP-41, CAP-67). */
export const tokenTransfersSchema: TableSchema = {
  messageType: 'token_transfers',
  origin: 'predefined',
  doc: 'A row is a movement of a token: a fee or its refund, a transfer, a mint, a burn or a clawback.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  fields: numberFields([
    ['transaction_hash', T.utf8, false, 'Transaction hash, hex.'],
    ['transaction_id', T.int64, false, 'TOID of the transaction.'],
    ['operation_id', T.int64, true, 'TOID of the operation; null for fees.'],
    ['event_topic', T.utf8, false, 'fee, transfer, mint, burn or clawback.'],
    ['from', T.utf8, true, 'Who pays, G…, C… or another address; null for a mint.'],
    ['to', T.utf8, true, 'Who is paid; null for a fee, a burn and a clawback.'],
    [
      'asset',
      T.utf8,
      false,
      'The classic asset behind the token: native or type:code:issuer; empty for other tokens.',
    ],
    ['asset_type', T.utf8, false, 'native, credit_alphanum4 or credit_alphanum12; empty for other tokens.'],
    ['asset_code', T.utf8, true, 'Asset code; null for the native asset and other tokens.'],
    ['asset_issuer', T.utf8, true, 'Asset issuer, G…; null for the native asset and other tokens.'],
    [
      'amount',
      { type: 'decimal128', precision: 38, scale: 7 },
      true,
      'Amount with seven places, whatever places the token has; negative for a refund; null beyond 38 digits.',
    ],
    ['amount_raw', T.utf8, false, 'Amount in the smallest unit of the token, decimal text (128 bits).'],
    ['contract_id', T.utf8, false, 'Contract of the token, C….'],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    ['to_muxed', T.utf8, true, 'Multiplexed account that is paid, M….'],
    ['to_muxed_id', T.utf8, true, 'Id that multiplexes it, decimal text (64 bits).'],
  ]),
};
