import type { EffectsOf } from './describe';
import { movement } from './list';

/** The funds are burned; stellar-etl credits them to the issuer all the same. */
export const clawback: EffectsOf<'clawback'> = (effects, { asset, from, amount }) => {
  effects.source('account_credited', movement(amount, asset));
  effects.account('account_debited', from, movement(amount, asset));
};
