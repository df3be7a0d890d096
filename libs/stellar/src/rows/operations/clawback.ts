import { accountNames, allNames, assetNamesWithId, putAccount, putAsset } from '../put';
import { describe } from './describe';

const FROM = accountNames('from');
const ASSET = assetNamesWithId('');

export const clawback = describe<'clawback'>({
  code: 19,
  name: 'clawback',
  members: [...allNames(FROM), ...allNames(ASSET), 'amount'],
  fill(details, { asset, from, amount }) {
    putAsset(details, ASSET, asset);
    putAccount(details, FROM, from);
    details['amount'] = amount;
  },
});
