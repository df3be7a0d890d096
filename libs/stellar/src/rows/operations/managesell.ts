import { describe } from './describe';
import { OFFER_MEMBERS, putOffer } from './offer';

export const manageSellOffer = describe<'manageSellOffer'>({
  code: 3,
  name: 'manage_sell_offer',
  members: [...OFFER_MEMBERS, 'offer_id'],
  fill(details, body) {
    putOffer(details, body, body.amount);
    details['offer_id'] = body.offerId;
  },
});
