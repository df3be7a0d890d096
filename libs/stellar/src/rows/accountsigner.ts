import { accountStrkey } from '../strkey';
import type { AccountEntry } from '../xdr/entries';
import { CHANGE, type EntryChange, entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns } from './entrycolumns';
import type { Row } from './row';
import { signerSponsors, signerText } from './signer';

interface Signer {
  readonly weight: number;
  readonly sponsor: string | null;
}

/**
 * The rows of `signers`. When a ledger changes a signer, all signers of the account are rows: the master key first, the
 * others next, and the removed ones last with weight 0.
 */
export function* signerRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'account')) {
    if (!mayDiffer(change)) continue;
    const { before, data } = change;
    const signers = signersOf(data);
    const old = before === undefined ? undefined : signersOf(before.data.value as AccountEntry);
    if (old !== undefined && change.change !== CHANGE.removed && sameSigners(old, signers)) continue;
    const account = accountStrkey(data.accountId.value);
    for (const [signer, { weight, sponsor }] of signers)
      yield { account_id: account, signer, weight, sponsor, ...entryColumns(context, change) };
    if (before === undefined || old === undefined) continue;
    const gone = entryColumns(context, { change: CHANGE.removed, entry: before });
    for (const [signer, { sponsor }] of old)
      if (!signers.has(signer)) yield { account_id: account, signer, weight: 0, sponsor, ...gone };
  }
}

/** False for most accounts: the master key is the only signer and its weight did not change. */
function mayDiffer({ before, change, data }: EntryChange<'account'>): boolean {
  if (before === undefined || change === CHANGE.removed) return true;
  const old = before.data.value as AccountEntry;
  return old.signers.length > 0 || data.signers.length > 0 || old.thresholds[0] !== data.thresholds[0];
}

function sameSigners(old: ReadonlyMap<string, Signer>, signers: ReadonlyMap<string, Signer>): boolean {
  if (old.size !== signers.size) return false;
  return [...signers].every(([key, { weight, sponsor }]) => {
    const known = old.get(key);
    return known?.weight === weight && known.sponsor === sponsor;
  });
}

/** Signers by strkey; includes the master key when its weight is not 0. */
function signersOf(account: AccountEntry): Map<string, Signer> {
  const signers = new Map<string, Signer>();
  const master = account.thresholds[0] as number;
  if (master > 0) signers.set(accountStrkey(account.accountId.value), { weight: master, sponsor: null });
  const sponsors = signerSponsors(account);
  for (const { key, weight } of account.signers) {
    const signer = signerText(key);
    signers.set(signer, { weight, sponsor: sponsors.get(signer) ?? null });
  }
  return signers;
}
