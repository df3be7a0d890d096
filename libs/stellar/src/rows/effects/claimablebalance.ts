import type { ClaimableBalanceEntry } from '../../xdr/entries';
import type { Claimant } from '../../xdr/operations';
import type { Details } from '../details';
import type { AppliedOperation } from '../operation';
import { predicateJson } from '../predicate';
import { assetText } from '../assettext';
import type { EffectsOf } from './describe';
import { type EffectList, movement } from './list';

export const createClaimableBalance: EffectsOf<'createClaimableBalance'> = (effects, body, at) => {
  const balance = at.changes.flatMap(({ after }) =>
    after?.data.type === 'claimableBalance' ? [after.data.value] : [],
  )[0];
  if (balance === undefined) return;
  // Use the operation's claimants: the entry has relative times converted to absolute ones.
  balanceCreated(effects, balance, body.claimants);
  effects.source('account_debited', movement(balance.amount, balance.asset));
};

export const claimClaimableBalance: EffectsOf<'claimClaimableBalance'> = (effects, body, at) => {
  const balance = removedBalances(at).find(
    (each) => Buffer.compare(each.balanceId.value, body.balanceId.value) === 0,
  );
  if (balance === undefined) return;
  effects.source('claimable_balance_claimed', balanceDetails(effects, balance));
  effects.source('account_credited', movement(balance.amount, balance.asset));
};

export const clawbackClaimableBalance: EffectsOf<'clawbackClaimableBalance'> = (
  effects,
  { balanceId: id },
  at,
) => {
  effects.source('claimable_balance_clawed_back', {
    balance_id: at.ledger.bytes.toString('hex', id.xdrStart, id.xdrEnd),
  });
  const [balance] = removedBalances(at);
  // The funds are burned, but stellar-etl credits them to the issuer.
  if (balance !== undefined) effects.source('account_credited', movement(balance.amount, balance.asset));
};

/** Effects of a created claimable balance and of its claimants. */
export function balanceCreated(
  effects: EffectList,
  balance: ClaimableBalanceEntry,
  claimants: readonly Claimant[],
): void {
  effects.source('claimable_balance_created', balanceDetails(effects, balance));
  for (const { value } of claimants)
    effects.key('claimable_balance_claimant_created', value.destination.value, {
      balance_id: balanceId(effects, balance),
      amount: balance.amount,
      asset: assetText(balance.asset).canonical,
      predicate: predicateJson(value.predicate),
    });
}

/** The XDR of a claimable balance id, hex. */
export function balanceId({ at }: EffectList, { balanceId: id }: ClaimableBalanceEntry): string {
  return at.ledger.bytes.toString('hex', id.xdrStart, id.xdrEnd);
}

function balanceDetails(effects: EffectList, balance: ClaimableBalanceEntry): Details {
  const details: Details = {
    balance_id: balanceId(effects, balance),
    amount: balance.amount,
    asset: assetText(balance.asset).canonical,
  };
  if (balance.ext.type === 1 && (balance.ext.value.flags & 1) !== 0)
    details['claimable_balance_clawback_enabled_flag'] = true;
  return details;
}

function removedBalances(at: AppliedOperation): ClaimableBalanceEntry[] {
  return at.changes.flatMap(({ before, after }) =>
    after === undefined && before?.data.type === 'claimableBalance' ? [before.data.value] : [],
  );
}
