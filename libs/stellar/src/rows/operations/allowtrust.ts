import { accountStrkey } from '../../strkey';
import { accountKey } from '../soroban';
import { accountNames, allNames, assetNamesWithId, putAccount, putAssetText } from '../put';
import { creditText } from '../assettext';
import { describe } from './describe';

const TRUSTEE = accountNames('trustee');
const ASSET = assetNamesWithId('');

export const allowTrust = describe<'allowTrust'>({
  code: 7,
  name: 'allow_trust',
  members: [
    ...allNames(TRUSTEE),
    ...allNames(ASSET),
    'trustor',
    'authorize',
    'authorize_to_maintain_liabilities',
    'clawback_enabled',
  ],
  fill(details, { trustor, asset, authorize }, at) {
    putAssetText(details, ASSET, creditText(asset.value, accountKey(at.source)));
    putAccount(details, TRUSTEE, at.source);
    details['trustor'] = accountStrkey(trustor.value);
    details['authorize'] = (authorize & 1) !== 0;
    if ((authorize & 2) !== 0) details['authorize_to_maintain_liabilities'] = true;
    if ((authorize & 4) !== 0) details['clawback_enabled'] = true;
  },
});
