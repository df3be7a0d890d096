import { describe } from './describe';
import { OFFER_MEMBERS, putOffer } from './offer';

export const manageBuyOffer = describe<'manageBuyOffer'>({
  code: 12,
  name: 'manage_buy_offer',
  members: [...OFFER_MEMBERS, 'offer_id'],
  fill(details, body) {
    putOffer(details, body, body.buyAmount);
    details['offer_id'] = body.offerId;
  },
});
