import type { Asset, ClaimAtom, OperationBodies, PathPaymentSuccess } from '../../xdr/operations';
import type { Details } from '../details';
import type { AppliedOperation } from '../operation';
import { accountNames, allNames, assetNamesWithId, putAccount, putAsset } from '../put';
import { assetText } from '../assettext';

const FROM = accountNames('from');
const TO = accountNames('to');
const RECEIVED = assetNamesWithId('');
const SENT = assetNamesWithId('source_');

/** Members that both kinds of path payment have. */
export const PATH_MEMBERS: readonly string[] = [
  ...[FROM, TO, RECEIVED, SENT].flatMap(allNames),
  'amount',
  'source_amount',
  'path',
];

/** Puts the members that both kinds of path payment have; an empty path is null, as in stellar-etl. */
export function putPath(
  details: Details,
  body: OperationBodies['pathPaymentStrictReceive' | 'pathPaymentStrictSend'],
  at: AppliedOperation,
): void {
  putAccount(details, FROM, at.source);
  putAccount(details, TO, body.destination);
  putAsset(details, RECEIVED, body.destAsset);
  putAsset(details, SENT, body.sendAsset);
  details['path'] = body.path.length === 0 ? null : body.path.map(pathStep);
}

function pathStep(asset: Asset): Details {
  const { type, code, issuer } = assetText(asset);
  return { asset_code: code, asset_issuer: issuer, asset_type: type };
}

/** Amount sent by a strict receive: the total paid in the first trades' asset, or the amount when there is no trade. */
export function sentAmount({ offers, last }: PathPaymentSuccess): bigint {
  const [first] = offers;
  if (first === undefined) return last.amount;
  const bought = (claim: ClaimAtom): string => assetText(claim.value.assetBought).canonical;
  let sent = 0n;
  for (const claim of offers) {
    if (bought(claim) !== bought(first)) break;
    sent += claim.value.amountBought;
  }
  return sent;
}
