import { accountStrkey } from '../../strkey';
import { hex } from '../../bytes';
import type { LedgerKey } from '../../xdr/types';
import type { Details } from '../details';
import type { AppliedOperation } from '../operation';
import { signerText } from '../signer';
import { goText } from '../gotext';
import { assetText } from '../assettext';
import { describe } from './describe';

export const revokeSponsorship = describe<'revokeSponsorship'>({
  code: 18,
  name: 'revoke_sponsorship',
  members: [
    'account_id',
    'claimable_balance_id',
    'data_account_id',
    'data_name',
    'liquidity_pool_id',
    'offer_id',
    'signer_account_id',
    'signer_key',
    'trustline_account_id',
    'trustline_asset',
    'trustline_liquidity_pool_id',
  ],
  fill(details, body, at) {
    if (body.type === 'revokeSponsorshipLedgerEntry') {
      putKey(details, body.value, at);
      return;
    }
    details['signer_account_id'] = accountStrkey(body.value.accountId.value);
    details['signer_key'] = signerText(body.value.signerKey);
  },
});

/** Puts the members for a ledger key; nothing for contract entries, which can't be sponsored. */
function putKey(details: Details, key: LedgerKey, at: AppliedOperation): void {
  switch (key.type) {
    case 'account':
      details['account_id'] = accountStrkey(key.value.accountId.value);
      return;
    case 'claimableBalance': {
      const { xdrStart, xdrEnd } = key.value.balanceId;
      details['claimable_balance_id'] = at.ledger.bytes.toString('hex', xdrStart, xdrEnd);
      return;
    }
    case 'data':
      details['data_account_id'] = accountStrkey(key.value.accountId.value);
      details['data_name'] = goText(key.value.dataName);
      return;
    case 'offer':
      details['offer_id'] = key.value.offerId;
      return;
    case 'trustline': {
      const { accountId, asset } = key.value;
      details['trustline_account_id'] = accountStrkey(accountId.value);
      if (asset.type === 'assetTypePoolShare') details['trustline_liquidity_pool_id'] = hex(asset.value);
      else details['trustline_asset'] = assetText(asset).canonical;
      return;
    }
    case 'liquidityPool':
      details['liquidity_pool_id'] = hex(key.value.liquidityPoolId);
      return;
    case 'contractData':
    case 'contractCode':
    case 'configSetting':
    case 'ttl':
  }
}
