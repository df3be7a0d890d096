import { sentAmount } from '../operations/path';
import type { EffectsOf } from './describe';
import { movement } from './list';
import { tradeEffects } from './trade';

export const pathPaymentStrictReceive: EffectsOf<'pathPaymentStrictReceive'> = (effects, body, at) => {
  const success = at.success<'pathPaymentStrictReceive'>();
  if (success === undefined) return;
  effects.account('account_credited', body.destination, movement(body.destAmount, body.destAsset));
  effects.source('account_debited', movement(sentAmount(success), body.sendAsset));
  tradeEffects(effects, success.offers, true);
};

export const pathPaymentStrictSend: EffectsOf<'pathPaymentStrictSend'> = (effects, body, at) => {
  const success = at.success<'pathPaymentStrictSend'>();
  if (success === undefined) return;
  effects.account('account_credited', body.destination, movement(success.last.amount, body.destAsset));
  effects.source('account_debited', movement(body.sendAmount, body.sendAsset));
  tradeEffects(effects, success.offers, false);
};
