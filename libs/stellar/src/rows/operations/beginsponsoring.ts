import { describe } from './describe';

export const beginSponsoringFutureReserves = describe<'beginSponsoringFutureReserves'>({
  code: 16,
  name: 'begin_sponsoring_future_reserves',
  members: ['sponsored_id'],
  fill(details, { sponsoredId }, at) {
    details['sponsored_id'] = at.strkeys.account(sponsoredId.value);
  },
});
