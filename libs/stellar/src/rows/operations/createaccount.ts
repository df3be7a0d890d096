import { accountStrkey } from '../../strkey';
import { accountNames, allNames, putAccount } from '../put';
import { describe } from './describe';

const FUNDER = accountNames('funder');

export const createAccount = describe<'createAccount'>({
  code: 0,
  name: 'create_account',
  members: [...allNames(FUNDER), 'account', 'starting_balance'],
  fill(details, { destination, startingBalance }, at) {
    putAccount(details, FUNDER, at.source);
    details['account'] = accountStrkey(destination.value);
    details['starting_balance'] = startingBalance;
  },
});
