import { accountStrkey } from '../../strkey';
import type { AccountEntry } from '../../xdr/entries';
import type { OperationBodies } from '../../xdr/operations';
import type { Details } from '../details';
import type { AppliedOperation } from '../operation';
import { signerText } from '../signer';
import { goText } from '../gotext';
import { ACCOUNT_FLAGS } from '../operations/flags';
import type { EffectsOf } from './describe';
import type { EffectList } from './list';
import { putFlag } from './flags';

export const setOptions: EffectsOf<'setOptions'> = (effects, body, at) => {
  if (body.homeDomain !== undefined)
    effects.source('account_home_domain_updated', { home_domain: goText(body.homeDomain) });
  someSource(effects, 'account_thresholds_updated', thresholds(body));
  const flags: Details = {};
  putFlag(flags, ACCOUNT_FLAGS, body.setFlags, true);
  putFlag(flags, ACCOUNT_FLAGS, body.clearFlags, false);
  someSource(effects, 'account_flags_updated', flags);
  if (body.inflationDest !== undefined)
    effects.source('account_inflation_destination_updated', {
      inflation_destination: accountStrkey(body.inflationDest.value),
    });
  signerEffects(effects, at);
};

function someSource(
  effects: EffectList,
  type: 'account_thresholds_updated' | 'account_flags_updated',
  details: Details,
): void {
  if (Object.keys(details).length > 0) effects.source(type, details);
}

function thresholds({ lowThreshold, medThreshold, highThreshold }: OperationBodies['setOptions']): Details {
  return {
    ...(lowThreshold === undefined ? {} : { low_threshold: lowThreshold }),
    ...(medThreshold === undefined ? {} : { med_threshold: medThreshold }),
    ...(highThreshold === undefined ? {} : { high_threshold: highThreshold }),
  };
}

/** Removed and updated signers, then created ones; each group is ordered by strkey. */
function signerEffects(effects: EffectList, at: AppliedOperation): void {
  for (const { before, after } of at.changes) {
    if (before?.data.type !== 'account' || after?.data.type !== 'account') continue;
    const old = signerWeights(before.data.value);
    const now = signerWeights(after.data.value);
    for (const key of [...old.keys()].sort()) {
      const weight = now.get(key);
      if (weight === undefined) effects.source('signer_removed', { public_key: key });
      else if (weight !== old.get(key)) effects.source('signer_updated', { public_key: key, weight });
    }
    for (const key of [...now.keys()].sort())
      if (!old.has(key))
        effects.source('signer_created', { public_key: key, weight: now.get(key) as number });
  }
}

/** Weights of an account's signers, including the master key when its weight is not 0. */
function signerWeights(account: AccountEntry): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  const [master = 0] = account.thresholds;
  if (master > 0) weights.set(accountStrkey(account.accountId.value), master);
  for (const { key, weight } of account.signers) weights.set(signerText(key), weight);
  return weights;
}
