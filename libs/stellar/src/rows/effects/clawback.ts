import type { EffectsOf } from './describe';
import { movement } from './list';

/** The funds are burned, but stellar-etl credits them to the issuer. */
export const clawback: EffectsOf<'clawback'> = (effects, { asset, from, amount }) => {
  effects.source('account_credited', movement(amount, asset));
  effects.account('account_debited', from, movement(amount, asset));
};
