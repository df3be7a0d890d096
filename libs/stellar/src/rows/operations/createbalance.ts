import { accountStrkey } from '../../strkey';
import { predicateJson } from '../predicate';
import { assetText } from '../assettext';
import { describe } from './describe';

export const createClaimableBalance = describe<'createClaimableBalance'>({
  code: 14,
  name: 'create_claimable_balance',
  members: ['asset', 'amount', 'claimants'],
  fill(details, { asset, amount, claimants }) {
    details['asset'] = assetText(asset).canonical;
    details['amount'] = amount;
    details['claimants'] = claimants.map(({ value: { destination, predicate } }) => ({
      destination: accountStrkey(destination.value),
      predicate: predicateJson(predicate),
    }));
  },
});
