import type { EffectsOf } from './describe';
import { lumens } from './list';

export const inflation: EffectsOf<'inflation'> = (effects, _, at) => {
  for (const { destination, amount } of at.success<'inflation'>() ?? [])
    effects.key('account_credited', destination.value, lumens(amount));
};
