import type { TableSchema } from '@parquetry/schema';
import { T, numberFields } from './build';
import { AMOUNT } from './members';

/** Columns of `trades`, from the claims in operation results. */
export const tradesSchema: TableSchema = {
  messageType: 'trades',
  origin: 'predefined',
  doc: 'A row is a trade of a successful operation with one offer or one liquidity pool.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'ledger_closed_at',
  uniqueKey: ['history_operation_id', 'order'],
  fields: numberFields([
    ['order', T.int32, false, 'Place among the trades of the operation, from 0.'],
    ['ledger_closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    ['selling_account_address', T.utf8, false, 'Account whose offer was taken, G…; empty for a pool.'],
    ['selling_asset_code', T.utf8, false, 'Asset sold: code; empty for native.'],
    ['selling_asset_issuer', T.utf8, false, 'Asset sold: issuer, G…; empty for native.'],
    ['selling_asset_type', T.utf8, false, 'Asset sold: native, credit_alphanum4 or credit_alphanum12.'],
    ['selling_asset_id', T.int64, false, "Asset sold: stellar-etl's id."],
    ['selling_amount', AMOUNT, false, 'Amount sold.'],
    ['buying_account_address', T.utf8, false, 'Source account of the operation, G….'],
    ['buying_asset_code', T.utf8, false, 'Asset paid with: code; empty for native.'],
    ['buying_asset_issuer', T.utf8, false, 'Asset paid with: issuer, G…; empty for native.'],
    ['buying_asset_type', T.utf8, false, 'Asset paid with: native, credit_alphanum4 or credit_alphanum12.'],
    ['buying_asset_id', T.int64, false, "Asset paid with: stellar-etl's id."],
    ['buying_amount', AMOUNT, false, 'Amount paid.'],
    [
      'price_n',
      T.int64,
      true,
      'Price, numerator: of the offer before the operation; for a pool the stroops paid. Null when the ledger does not show the offer.',
    ],
    ['price_d', T.int64, true, 'Price, denominator; for a pool the stroops sold.'],
    ['selling_offer_id', T.int64, true, 'Offer taken; null for a pool.'],
    [
      'buying_offer_id',
      T.int64,
      true,
      'Offer that is left of the operation; when nothing is left, the TOID of the operation with bit 62 set.',
    ],
    ['selling_liquidity_pool_id', T.utf8, true, 'Pool, hex; null for an offer.'],
    ['liquidity_pool_fee', T.int64, true, 'Fee of the pool, basis points; null for an offer.'],
    ['history_operation_id', T.int64, false, 'TOID of the operation.'],
    ['trade_type', T.int32, false, '1 order book, 2 liquidity pool.'],
    [
      'rounding_slippage',
      T.int64,
      true,
      'How far rounding moved what the pool paid, whole percent; the greatest int64 on overflow; null for an offer.',
    ],
    [
      'seller_is_exact',
      T.bool,
      true,
      'Path payments: true for strict receive, false for strict send; null for offers.',
    ],
    ['selling_liquidity_pool_id_strkey', T.utf8, true, 'Pool, L…; null for an offer.'],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
  ]),
};
