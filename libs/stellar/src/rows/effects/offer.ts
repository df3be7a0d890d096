import { claimsOf } from '../claims';
import type { EffectsOf } from './describe';
import { tradeEffects } from './trade';

/** Effects of the three operation types that manage offers. */
export const offer: EffectsOf<'manageSellOffer' | 'manageBuyOffer' | 'createPassiveSellOffer'> = (
  effects,
  _,
  at,
) => tradeEffects(effects, claimsOf(at).claims, true);
