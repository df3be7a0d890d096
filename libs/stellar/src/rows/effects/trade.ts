import { accountStrkey } from '../../strkey';
import type { Asset, ClaimAtom } from '../../xdr/operations';
import { isEmptyClaim, sellerOf } from '../claims';
import type { Details } from '../details';
import { accountNames, assetNames, putAccount, putAsset } from '../put';
import { assetText } from '../assettext';
import type { EffectList } from './list';
import { poolDetails } from './pool';
import type { EffectName } from './types';

const SELLER = accountNames('seller');
const BOUGHT = assetNames('bought_');
const SOLD = assetNames('sold_');

/** stellar-etl writes all of these for each side of each trade, whatever happened to the offers. */
const TRADE_EFFECTS: readonly EffectName[] = ['trade', 'offer_updated', 'offer_removed', 'offer_created'];

/** Effects of trades. `created`: whether to add offer_created, which stellar-etl omits for strict send. */
export function tradeEffects(effects: EffectList, claims: readonly ClaimAtom[], created: boolean): void {
  const types = created ? TRADE_EFFECTS : TRADE_EFFECTS.slice(0, -1);
  for (const claim of claims) {
    if (isEmptyClaim(claim)) continue;
    if (claim.type === 'claimAtomTypeLiquidityPool') poolTrade(effects, claim);
    else offerTrade(effects, claim, types);
  }
}

function offerTrade(
  effects: EffectList,
  claim: Exclude<ClaimAtom, { type: 'claimAtomTypeLiquidityPool' }>,
  types: readonly EffectName[],
): void {
  const { at } = effects;
  const { offerId, assetSold, amountSold, assetBought, amountBought } = claim.value;
  const seller = sellerOf(claim) as Uint8Array;
  const forBuyer: Details = { offer_id: offerId, bought_amount: amountSold, sold_amount: amountBought };
  forBuyer[SELLER.plain] = accountStrkey(seller);
  putAsset(forBuyer, BOUGHT, assetSold);
  putAsset(forBuyer, SOLD, assetBought);
  const forSeller: Details = { offer_id: offerId, bought_amount: amountBought, sold_amount: amountSold };
  putAccount(forSeller, SELLER, at.source);
  putAsset(forSeller, BOUGHT, assetBought);
  putAsset(forSeller, SOLD, assetSold);
  for (const type of types) {
    effects.source(type, forBuyer);
    effects.key(type, seller, forSeller);
  }
}

function poolTrade(
  effects: EffectList,
  { value }: Extract<ClaimAtom, { type: 'claimAtomTypeLiquidityPool' }>,
): void {
  const change = effects.at.poolChange(value.liquidityPoolId);
  if (change === undefined) return;
  const part = (asset: Asset, amount: bigint): Details => ({ asset: assetText(asset).canonical, amount });
  effects.source('liquidity_pool_trade', {
    liquidity_pool: poolDetails(change.pool),
    sold: part(value.assetSold, value.amountSold),
    bought: part(value.assetBought, value.amountBought),
  });
}
