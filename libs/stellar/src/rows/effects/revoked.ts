import type { ClaimableBalanceEntry } from '../../xdr/entries';
import { assetText } from '../assettext';
import { balanceCreated, balanceId } from './claimablebalance';
import type { EffectList } from './list';
import { poolDetails, reserves } from './pool';

/**
 * Effects of revoking the authorization of a trust line that holds pool shares: the shares are redeemed into claimable
 * balances, listed by asset. No effects when no claimable balance was created.
 */
export function revokedEffects(effects: EffectList): void {
  const { at } = effects;
  const change = at.poolChange();
  if (change === undefined) return;
  const balances = at.changes
    .flatMap(({ before, after }) =>
      before === undefined && after?.data.type === 'claimableBalance' ? [after.data.value] : [],
    )
    .sort(byAsset);
  if (balances.length === 0) return;
  for (const balance of balances) balanceCreated(effects, balance, balance.claimants);
  const ids = new Map(
    balances.map((balance) => [assetText(balance.asset).canonical, balanceId(effects, balance)]),
  );
  effects.source('liquidity_pool_revoked', {
    liquidity_pool: poolDetails(change.pool),
    reserves_revoked: reserves(change, -1n).flatMap((reserve) => {
      const id = ids.get(reserve['asset'] as string);
      return id === undefined ? [] : [{ ...reserve, claimable_balance_id: id }];
    }),
    shares_revoked: -change.shares,
  });
}

/** Order of assets: native, then by width of the code, code, issuer. */
function byAsset(a: ClaimableBalanceEntry, b: ClaimableBalanceEntry): number {
  const [left, right] = [sortKey(a), sortKey(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function sortKey({ asset }: ClaimableBalanceEntry): string {
  const { type, code, issuer } = assetText(asset);
  return `${['native', 'credit_alphanum4', 'credit_alphanum12'].indexOf(type)} ${code} ${issuer}`;
}
