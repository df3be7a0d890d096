import type { EffectsOf } from './describe';
import { movement } from './list';

export const payment: EffectsOf<'payment'> = (effects, { destination, asset, amount }) => {
  effects.account('account_credited', destination, movement(amount, asset));
  effects.source('account_debited', movement(amount, asset));
};
