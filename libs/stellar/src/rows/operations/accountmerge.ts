import { accountNames, allNames, putAccount } from '../put';
import { describe } from './describe';

const ACCOUNT = accountNames('account');
const INTO = accountNames('into');

export const accountMerge = describe<'accountMerge'>({
  code: 8,
  name: 'account_merge',
  members: [...allNames(ACCOUNT), ...allNames(INTO)],
  fill(details, destination, at) {
    putAccount(details, ACCOUNT, at.source);
    putAccount(details, INTO, destination);
  },
});
