import { claimsOf } from '../claims';
import type { EffectsOf } from './describe';
import { tradeEffects } from './trade';

/** Effects of the three operations that place offers. */
export const offer: EffectsOf<'manageSellOffer' | 'manageBuyOffer' | 'createPassiveSellOffer'> = (
  effects,
  _,
  at,
) => tradeEffects(effects, claimsOf(at).claims, true);
