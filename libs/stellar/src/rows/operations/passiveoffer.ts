import { describe } from './describe';
import { OFFER_MEMBERS, putOffer } from './offer';

export const createPassiveSellOffer = describe<'createPassiveSellOffer'>({
  code: 4,
  name: 'create_passive_sell_offer',
  members: OFFER_MEMBERS,
  fill: (details, body) => putOffer(details, body, body.amount),
});
