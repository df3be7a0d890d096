import { assetEvents } from './assetevent';
import type { Details } from './details';
import type { AppliedOperation } from './operation';
import { assetNames, putAssetText } from './put';

const ASSET = assetNames('');

/** The balance changes of an operation, by the events of asset contracts. */
export function balanceChanges(at: AppliedOperation): Details[] {
  return assetEvents(at).map(({ type, asset, from, to, amount }) => {
    const change: Details = { type, amount };
    putAssetText(change, ASSET, asset);
    if (from !== undefined) change['from'] = from;
    if (to !== undefined) change['to'] = to;
    return change;
  });
}
