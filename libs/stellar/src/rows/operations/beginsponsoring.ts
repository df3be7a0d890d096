import { accountStrkey } from '../../strkey';
import { describe } from './describe';

export const beginSponsoringFutureReserves = describe<'beginSponsoringFutureReserves'>({
  code: 16,
  name: 'begin_sponsoring_future_reserves',
  members: ['sponsored_id'],
  fill(details, { sponsoredId }) {
    details['sponsored_id'] = accountStrkey(sponsoredId.value);
  },
});
