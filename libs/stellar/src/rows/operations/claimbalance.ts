import { accountNames, allNames, putAccount } from '../put';
import { BALANCE_MEMBERS, putBalance } from './balance';
import { describe } from './describe';

const CLAIMANT = accountNames('claimant');

export const claimClaimableBalance = describe<'claimClaimableBalance'>({
  code: 15,
  name: 'claim_claimable_balance',
  members: [...BALANCE_MEMBERS, ...allNames(CLAIMANT)],
  fill(details, { balanceId }, at) {
    putBalance(details, balanceId, at);
    putAccount(details, CLAIMANT, at.source);
  },
});
