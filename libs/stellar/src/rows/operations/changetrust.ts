import { sha256 } from '../../bytes';
import { accountNames, allNames, assetNamesWithId, putAccount, putAssetText } from '../put';
import { assetText } from '../assettext';
import { describe } from './describe';

const TRUSTOR = accountNames('trustor');
const ASSET = assetNamesWithId('');

export const changeTrust = describe<'changeTrust'>({
  code: 6,
  name: 'change_trust',
  members: [...allNames(TRUSTOR), ...allNames(ASSET), 'trustee', 'limit', 'liquidity_pool_id'],
  fill(details, { line, limit }, at) {
    if (line.type === 'assetTypePoolShare') {
      details[ASSET.type] = 'liquidity_pool_shares';
      details['liquidity_pool_id'] = poolId(at.ledger.bytes, line.value);
    } else {
      const asset = assetText(line);
      putAssetText(details, ASSET, asset);
      details['trustee'] = asset.type === 'native' ? null : asset.issuer;
    }
    putAccount(details, TRUSTOR, at.source);
    details['limit'] = limit;
  },
});

/** Id of the pool with these parameters: the sha256 of their XDR, hex. */
export function poolId(
  bytes: Buffer,
  { xdrStart, xdrEnd }: { readonly xdrStart: number; readonly xdrEnd: number },
): string {
  return sha256(bytes.subarray(xdrStart, xdrEnd));
}
