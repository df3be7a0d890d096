import { allNames, priceNames, putPrice } from '../put';
import { describe } from './describe';
import { POOL_MEMBERS, putPool } from './pool';

const MIN_PRICE = priceNames('min_');
const MAX_PRICE = priceNames('max_');

export const liquidityPoolDeposit = describe<'liquidityPoolDeposit'>({
  code: 22,
  name: 'liquidity_pool_deposit',
  members: [
    ...POOL_MEMBERS,
    ...allNames(MIN_PRICE),
    ...allNames(MAX_PRICE),
    'reserve_a_max_amount',
    'reserve_b_max_amount',
    'reserve_a_deposit_amount',
    'reserve_b_deposit_amount',
    'shares_received',
  ],
  fill(details, body, at) {
    const change = putPool(details, body.liquidityPoolId, at);
    putPrice(details, MIN_PRICE, body.minPrice);
    putPrice(details, MAX_PRICE, body.maxPrice);
    details['reserve_a_max_amount'] = body.maxAmountA;
    details['reserve_b_max_amount'] = body.maxAmountB;
    details['reserve_a_deposit_amount'] = change?.reserveA ?? 0n;
    details['reserve_b_deposit_amount'] = change?.reserveB ?? 0n;
    details['shares_received'] = change?.shares ?? 0n;
  },
});
