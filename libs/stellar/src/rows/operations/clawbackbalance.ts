import { BALANCE_MEMBERS, putBalance } from './balance';
import { describe } from './describe';

export const clawbackClaimableBalance = describe<'clawbackClaimableBalance'>({
  code: 20,
  name: 'clawback_claimable_balance',
  members: BALANCE_MEMBERS,
  fill: (details, { balanceId }, at) => putBalance(details, balanceId, at),
});
