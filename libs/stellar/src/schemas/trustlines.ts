import type { TableSchema } from '@parquetry/schema';
import { ENTRY, T, numberFields } from './build';

/** Columns of `trustlines`, from the trustline entries. */
export const trustlinesSchema: TableSchema = {
  messageType: 'trustlines',
  origin: 'predefined',
  doc: "A row is a trustline that a ledger changed: an account's balance of an asset or its shares of a pool, after the ledger.",
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['ledger_key', 'ledger_sequence'],
  fields: numberFields([
    ['ledger_key', T.utf8, false, 'LedgerKey XDR, base64.'],
    ['account_id', T.utf8, false, 'Account, G….'],
    ['asset_code', T.utf8, false, 'Asset code; empty for pool shares.'],
    ['asset_issuer', T.utf8, false, 'Asset issuer, G…; empty for pool shares.'],
    ['asset_type', T.utf8, false, 'credit_alphanum4, credit_alphanum12 or pool_share.'],
    [
      'asset_id',
      T.int64,
      false,
      "stellar-etl's id of the asset, FarmHash Fingerprint64 of code, issuer and type, signed.",
    ],
    ['balance', T.amount, false, 'Balance.'],
    ['trust_line_limit', T.int64, false, 'Greatest balance, in stroops.'],
    ['liquidity_pool_id', T.utf8, false, 'Pool, hex; empty for assets.'],
    ['buying_liabilities', T.amount, false, 'What open offers may buy.'],
    ['selling_liabilities', T.amount, false, 'What open offers may sell.'],
    ['flags', T.uint32, false, '1 authorized, 2 authorized to maintain liabilities, 4 clawback enabled.'],
    ...ENTRY.slice(0, 2),
    ['sponsor', T.utf8, true, 'Account that pays the reserve, G…; null when the account does.'],
    ...ENTRY.slice(2),
    ['liquidity_pool_id_strkey', T.utf8, false, 'Pool, L…; empty for assets.'],
  ]),
};
