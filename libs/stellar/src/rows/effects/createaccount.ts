import { accountStrkey } from '../../strkey';
import type { EffectsOf } from './describe';
import { lumens } from './list';

export const createAccount: EffectsOf<'createAccount'> = (effects, { destination, startingBalance }) => {
  effects.key('account_created', destination.value, { starting_balance: startingBalance });
  effects.source('account_debited', lumens(startingBalance));
  effects.key('signer_created', destination.value, {
    public_key: accountStrkey(destination.value),
    weight: 1,
  });
};
