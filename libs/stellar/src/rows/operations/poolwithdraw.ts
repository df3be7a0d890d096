import { describe } from './describe';
import { POOL_MEMBERS, putPool } from './pool';

export const liquidityPoolWithdraw = describe<'liquidityPoolWithdraw'>({
  code: 23,
  name: 'liquidity_pool_withdraw',
  members: [
    ...POOL_MEMBERS,
    'reserve_a_min_amount',
    'reserve_b_min_amount',
    'reserve_a_withdraw_amount',
    'reserve_b_withdraw_amount',
    'shares',
  ],
  fill(details, body, at) {
    const change = putPool(details, body.liquidityPoolId, at);
    details['reserve_a_min_amount'] = body.minAmountA;
    details['reserve_b_min_amount'] = body.minAmountB;
    details['reserve_a_withdraw_amount'] = change === undefined ? 0n : -change.reserveA;
    details['reserve_b_withdraw_amount'] = change === undefined ? 0n : -change.reserveB;
    details['shares'] = body.amount;
  },
});
