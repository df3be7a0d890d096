import type { TableSchema } from '@parquetry/schema';
import { type Column, ENTRY, T, assetColumns, numberFields } from './build';

/** The columns of one side of a pool. */
function side(letter: 'a' | 'b'): readonly Column[] {
  const columns = assetColumns(`${letter}_`, `Asset ${letter.toUpperCase()}`).map(
    ([name, ...rest]): Column => [name.replace(/^(.)_asset/, 'asset_$1'), ...rest],
  );
  return [
    ...columns.slice(0, 3),
    [`asset_${letter}_amount`, T.amount, false, `Reserve of asset ${letter.toUpperCase()}.`],
    ...columns.slice(3),
  ];
}

/** Columns of `liquidity_pools`, from the liquidity pool entries. */
export const liquidityPoolsSchema: TableSchema = {
  messageType: 'liquidity_pools',
  origin: 'predefined',
  doc: 'A row is a liquidity pool that a ledger changed: its state after the ledger.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['liquidity_pool_id', 'ledger_sequence'],
  fields: numberFields([
    ['liquidity_pool_id', T.utf8, false, 'Pool, hex.'],
    ['type', T.utf8, false, 'constant_product.'],
    ['fee', T.uint32, false, 'Fee of a trade, in hundredths of a percent.'],
    ['trustline_count', T.uint64, false, 'Accounts that may hold shares.'],
    ['pool_share_count', T.amount, false, 'Shares of the pool.'],
    ...side('a'),
    ...side('b'),
    ...ENTRY,
    ['liquidity_pool_id_strkey', T.utf8, false, 'Pool, L….'],
    ['previous_asset_a_amount', T.amount, true, 'Reserve of asset A before the ledger; null for a new pool.'],
    ['previous_asset_b_amount', T.amount, true, 'Reserve of asset B before the ledger; null for a new pool.'],
  ]),
};
