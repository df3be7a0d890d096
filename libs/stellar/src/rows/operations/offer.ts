import type { OperationBodies } from '../../xdr/operations';
import type { Details } from '../details';
import { allNames, assetNamesWithId, priceNames, putAsset, putPrice } from '../put';

const BUYING = assetNamesWithId('buying_');
const SELLING = assetNamesWithId('selling_');
const PRICE = priceNames('');

/** Members that all offers have. */
export const OFFER_MEMBERS: readonly string[] = [...[BUYING, SELLING, PRICE].flatMap(allNames), 'amount'];

/** Puts assets, price and amount of an offer. */
export function putOffer(
  details: Details,
  { buying, selling, price }: OperationBodies['createPassiveSellOffer' | 'manageBuyOffer'],
  amount: bigint,
): void {
  putAsset(details, BUYING, buying);
  putAsset(details, SELLING, selling);
  putPrice(details, PRICE, price);
  details['amount'] = amount;
}
