import { accountStrkey } from '../../strkey';
import type { TrustLineAsset } from '../../xdr/operations';
import type { Details } from '../details';
import { poolId } from '../operations/changetrust';
import { TRUSTLINE_FLAGS } from '../operations/flags';
import { assetNames, putAsset, putAssetText } from '../put';
import { accountKey } from '../soroban';
import { type AssetText, assetText, creditText } from '../assettext';
import type { EffectsOf } from './describe';
import { putFlag } from './flags';
import type { EffectList } from './list';
import { revokedEffects } from './revoked';

const ASSET = assetNames('');
const AUTHORIZED = 1;
const MAINTAIN = 2;

/** One effect on the trust line of the operation's asset; none when an issuer trusts its own asset. */
export const changeTrust: EffectsOf<'changeTrust'> = (effects, { line, limit }, at) => {
  const change = at.changes.find(({ before, after }) => {
    const entry = (after ?? before)?.data;
    return entry?.type === 'trustline' && (entry.value.asset as TrustLineAsset).type === line.type;
  });
  if (change === undefined) return;
  const details: Details = { limit };
  if (line.type === 'assetTypePoolShare') {
    details[ASSET.type] = 'liquidity_pool_shares';
    details['liquidity_pool_id'] = poolId(at.ledger.bytes, line.value);
  } else putAsset(details, ASSET, line);
  if (change.before === undefined) effects.source('trustline_created', details);
  else effects.source(change.after === undefined ? 'trustline_removed' : 'trustline_updated', details);
};

/** The same effect twice, first without flags and then with them, as in stellar-etl. */
export const allowTrust: EffectsOf<'allowTrust'> = (effects, { trustor, asset, authorize }, at) => {
  const text = creditText(asset.value, accountKey(at.source));
  const account = accountStrkey(trustor.value);
  effects.source('trustline_flags_updated', trustDetails(account, text));
  if ((authorize & AUTHORIZED) !== 0) flagsUpdated(effects, account, text, AUTHORIZED, undefined);
  else if ((authorize & MAINTAIN) !== 0) flagsUpdated(effects, account, text, MAINTAIN, undefined);
  else flagsUpdated(effects, account, text, undefined, AUTHORIZED | MAINTAIN);
  revokedEffects(effects);
};

export const setTrustLineFlags: EffectsOf<'setTrustLineFlags'> = (effects, body) => {
  const account = accountStrkey(body.trustor.value);
  flagsUpdated(effects, account, assetText(body.asset), body.setFlags, body.clearFlags);
  revokedEffects(effects);
};

function flagsUpdated(
  effects: EffectList,
  trustor: string,
  asset: AssetText,
  set: number | undefined,
  cleared: number | undefined,
): void {
  const details = trustDetails(trustor, asset);
  putFlag(details, TRUSTLINE_FLAGS, set, true);
  putFlag(details, TRUSTLINE_FLAGS, cleared, false);
  effects.source('trustline_flags_updated', details);
}

function trustDetails(trustor: string, asset: AssetText): Details {
  const details: Details = { trustor };
  putAssetText(details, ASSET, asset);
  return details;
}
