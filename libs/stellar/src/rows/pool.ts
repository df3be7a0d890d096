import { hex } from '../bytes';
import { STRKEY, strkey } from '../strkey';
import { entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns } from './entrycolumns';
import type { LiquidityPoolEntry } from '../xdr/entries';
import type { Row } from './row';
import { assetText } from './assettext';

/** The rows of `liquidity_pools`. */
export function* liquidityPoolRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'liquidityPool')) {
    const { liquidityPoolId, body } = change.data;
    const { params, reserveA, reserveB, totalPoolShares, poolSharesTrustLineCount } = body.value;
    const before = (change.held?.data.value as LiquidityPoolEntry | undefined)?.body.value;
    const a = assetText(params.assetA);
    const b = assetText(params.assetB);
    yield {
      liquidity_pool_id: hex(liquidityPoolId),
      type: 'constant_product',
      fee: params.fee,
      trustline_count: poolSharesTrustLineCount,
      pool_share_count: totalPoolShares,
      asset_a_type: a.type,
      asset_a_code: a.code,
      asset_a_issuer: a.issuer,
      asset_a_amount: reserveA,
      asset_a_id: a.id,
      asset_b_type: b.type,
      asset_b_code: b.code,
      asset_b_issuer: b.issuer,
      asset_b_amount: reserveB,
      asset_b_id: b.id,
      ...entryColumns(context, change),
      liquidity_pool_id_strkey: strkey(STRKEY.liquidityPool, liquidityPoolId),
      previous_asset_a_amount: before?.reserveA ?? null,
      previous_asset_b_amount: before?.reserveB ?? null,
    };
  }
}
