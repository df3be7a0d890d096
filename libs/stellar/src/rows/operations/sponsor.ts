import { accountStrkey } from '../../strkey';
import type { AccountEntry } from '../../xdr/entries';
import type { LedgerEntry } from '../../xdr/types';
import type { AppliedOperation, EntryPair } from '../operation';
import { signerSponsors } from '../signer';
import { signerText } from '../signer';

/**
 * The sponsor of the signer that set_options added, or else of the first created entry in ledger key order that has
 * one; undefined when nothing is sponsored.
 */
export function entrySponsor(at: AppliedOperation): string | undefined {
  const { type, value } = at.operation.body;
  const signer =
    type === 'setOptions' && value.signer !== undefined ? signerText(value.signer.key) : undefined;
  if (signer === undefined && !at.rawChanges.some(makesSponsored)) return undefined;
  for (const pair of at.changes) {
    if (signer !== undefined) {
      const sponsor = newSignerSponsor(signer, pair);
      if (sponsor !== undefined) return sponsor;
    }
    if (pair.before !== undefined || pair.after === undefined) continue;
    const sponsor = sponsorOf(pair.after);
    if (sponsor !== undefined) return accountStrkey(sponsor);
  }
  return undefined;
}

/** Key of the account that sponsors an entry. */
export function sponsorOf(entry: LedgerEntry): Uint8Array | undefined {
  return entry.ext.type === 1 ? entry.ext.value.sponsoringId?.value : undefined;
}

function makesSponsored(change: AppliedOperation['rawChanges'][number]): boolean {
  const made = change.type === 'ledgerEntryCreated' || change.type === 'ledgerEntryRestored';
  return made && sponsorOf(change.value) !== undefined;
}

function newSignerSponsor(signer: string, { before, after }: EntryPair): string | undefined {
  if (after?.data.type !== 'account') return undefined;
  const now = signerSponsors(after.data.value).get(signer);
  const old = before === undefined ? undefined : oldSponsor(before, signer);
  return now === old ? undefined : now;
}

function oldSponsor(before: LedgerEntry, signer: string): string | undefined {
  return signerSponsors(before.data.value as AccountEntry).get(signer);
}
