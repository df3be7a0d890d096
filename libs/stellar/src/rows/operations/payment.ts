import { accountNames, allNames, assetNamesWithId, putAccount, putAsset } from '../put';
import { describe } from './describe';

const FROM = accountNames('from');
const TO = accountNames('to');
const ASSET = assetNamesWithId('');

export const payment = describe<'payment'>({
  code: 1,
  name: 'payment',
  members: [...allNames(FROM), ...allNames(TO), ...allNames(ASSET), 'amount'],
  fill(details, { destination, asset, amount }, at) {
    putAccount(details, FROM, at.source);
    putAccount(details, TO, destination);
    putAsset(details, ASSET, asset);
    details['amount'] = amount;
  },
});
