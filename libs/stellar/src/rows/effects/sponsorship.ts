import { accountStrkey } from '../../strkey';
import { hex } from '../../bytes';
import type { LedgerEntry, LedgerEntryData } from '../../xdr/types';
import type { Details } from '../details';
import type { EntryPair } from '../operation';
import { sponsorOf } from '../operations/sponsor';
import { signerSponsors } from '../signer';
import { goText } from '../gotext';
import { assetText } from '../assettext';
import { balanceId } from './claimablebalance';
import type { EffectList } from './list';

/** Sponsorships that an operation created, updated or removed, in ledger key order: each entry, then its signers. */
export function sponsorshipEffects(effects: EffectList): void {
  for (const pair of effects.at.changes) {
    entrySponsorship(effects, pair);
    signerSponsorship(effects, pair);
  }
}

/** Kind and details of a sponsorship effect, from the sponsors before and after; undefined when nothing changed. */
function sponsorChange(
  before: string | undefined,
  after: string | undefined,
): readonly ['created' | 'updated' | 'removed', Details] | undefined {
  if (before === after) return undefined;
  if (before === undefined) return ['created', { sponsor: after as string }];
  if (after === undefined) return ['removed', { former_sponsor: before }];
  return ['updated', { former_sponsor: before, new_sponsor: after }];
}

function entrySponsorship(effects: EffectList, { before, after }: EntryPair): void {
  const text = (entry: LedgerEntry | undefined): string | undefined => {
    const sponsor = entry === undefined ? undefined : sponsorOf(entry);
    return sponsor === undefined ? undefined : accountStrkey(sponsor);
  };
  const change = sponsorChange(text(before), text(after));
  const data = (after ?? before)?.data;
  if (change === undefined || data === undefined) return;
  entryEffect(effects, data, ...change);
}

/** The effect belongs to the account of an account or trust line entry, and to the source for other entries. */
function entryEffect(
  effects: EffectList,
  data: LedgerEntryData,
  change: 'created' | 'updated' | 'removed',
  details: Details,
): void {
  if (data.type === 'account')
    effects.key(`account_sponsorship_${change}`, data.value.accountId.value, details);
  else if (data.type === 'trustline') {
    const { accountId, asset } = data.value;
    if (asset.type === 'assetTypePoolShare') {
      details['asset_type'] = 'liquidity_pool';
      details['liquidity_pool_id'] = hex(asset.value);
    } else details['asset'] = assetText(asset).canonical;
    effects.key(`trustline_sponsorship_${change}`, accountId.value, details);
  } else if (data.type === 'data')
    effects.source(`data_sponsorship_${change}`, { ...details, data_name: goText(data.value.dataName) });
  else if (data.type === 'claimableBalance')
    effects.source(`claimable_balance_sponsorship_${change}`, {
      ...details,
      balance_id: balanceId(effects, data.value),
    });
}

function signerSponsorship(effects: EffectList, { before, after }: EntryPair): void {
  const account = (after ?? before)?.data;
  if (account?.type !== 'account') return;
  const sponsors = (entry: LedgerEntry | undefined): ReadonlyMap<string, string> =>
    entry?.data.type === 'account' ? signerSponsors(entry.data.value) : new Map<string, string>();
  const [old, now] = [sponsors(before), sponsors(after)];
  if (old.size + now.size === 0) return;
  for (const signer of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const change = sponsorChange(old.get(signer), now.get(signer));
    if (change !== undefined)
      effects.key(`signer_sponsorship_${change[0]}`, account.value.accountId.value, { ...change[1], signer });
  }
}
