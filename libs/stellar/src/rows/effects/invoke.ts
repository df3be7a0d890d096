import { type AssetEvent, assetEvents } from '../assetevent';
import type { Details } from '../details';
import { assetNames, putAssetText } from '../put';
import type { EffectsOf } from './describe';
import type { EffectList } from './list';

const ASSET = assetNames('');

/** Credits and debits of accounts and contracts, from the events of asset contracts. */
export const invokeHostFunction: EffectsOf<'invokeHostFunction'> = (effects, _, at) => {
  for (const event of assetEvents(at)) {
    if (event.from !== undefined) moved(effects, event, 'debited', event.from);
    if (event.to !== undefined) moved(effects, event, 'credited', event.to);
  }
};

function moved(
  effects: EffectList,
  { type, asset, amount }: AssetEvent,
  side: 'credited' | 'debited',
  address: string,
): void {
  const details: Details = { contract_event_type: type, amount };
  putAssetText(details, ASSET, asset);
  if (address.startsWith('G')) effects.add(`account_${side}`, address, null, details);
  else effects.source(`contract_${side}`, { ...details, contract: address });
}
