import type { EffectsOf } from './describe';
import { lumens } from './list';

export const accountMerge: EffectsOf<'accountMerge'> = (effects, destination, at) => {
  const balance = at.success<'accountMerge'>();
  if (balance === undefined) return;
  effects.source('account_debited', lumens(balance));
  effects.account('account_credited', destination, lumens(balance));
  effects.source('account_removed', {});
};
