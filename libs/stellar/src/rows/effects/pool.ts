import { hex } from '../../bytes';
import type { LiquidityPoolEntry } from '../../xdr/entries';
import type { Details } from '../details';
import type { PoolChange } from '../operation';
import { assetText } from '../assettext';
import type { EffectsOf } from './describe';
import type { EffectList } from './list';

/** A pool, as `liquidity_pool` has it. */
export function poolDetails({ liquidityPoolId, body }: LiquidityPoolEntry): Details {
  const { params, reserveA, reserveB, totalPoolShares, poolSharesTrustLineCount } = body.value;
  return {
    id: hex(liquidityPoolId),
    fee_bp: params.fee,
    type: 'constant_product',
    total_trustlines: poolSharesTrustLineCount,
    total_shares: totalPoolShares,
    reserves: [
      { asset: assetText(params.assetA).canonical, amount: reserveA },
      { asset: assetText(params.assetB).canonical, amount: reserveB },
    ],
  };
}

/** Both assets of a pool with the amounts that the change added or, with `sign` -1, removed. */
export function reserves({ pool, reserveA, reserveB }: PoolChange, sign: 1n | -1n): Details[] {
  const { assetA, assetB } = pool.body.value.params;
  return [
    { asset: assetText(assetA).canonical, amount: sign * reserveA },
    { asset: assetText(assetB).canonical, amount: sign * reserveB },
  ];
}

export const liquidityPoolDeposit: EffectsOf<'liquidityPoolDeposit'> = (effects, { liquidityPoolId }, at) => {
  const change = at.poolChange(liquidityPoolId);
  if (change === undefined) return;
  effects.source('liquidity_pool_deposited', {
    liquidity_pool: poolDetails(change.pool),
    reserves_deposited: reserves(change, 1n),
    shares_received: change.shares,
  });
};

export const liquidityPoolWithdraw: EffectsOf<'liquidityPoolWithdraw'> = (
  effects,
  { liquidityPoolId },
  at,
) => {
  const change = at.poolChange(liquidityPoolId);
  if (change === undefined) return;
  effects.source('liquidity_pool_withdrew', {
    liquidity_pool: poolDetails(change.pool),
    reserves_received: reserves(change, -1n),
    shares_redeemed: -change.shares,
  });
};

/** Effects of pools that an operation created or removed. */
export function poolEffects(effects: EffectList): void {
  for (const { before, after } of effects.at.changes) {
    if (before === undefined && after?.data.type === 'liquidityPool')
      effects.source('liquidity_pool_created', { liquidity_pool: poolDetails(after.data.value) });
    if (after === undefined && before?.data.type === 'liquidityPool')
      effects.source('liquidity_pool_removed', { liquidity_pool_id: hex(before.data.value.liquidityPoolId) });
  }
}
