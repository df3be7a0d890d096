import { accountStrkey } from '../strkey';
import type { AccountEntry } from '../xdr/entries';
import type { LedgerEntry } from '../xdr/types';
import { entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns, sponsorText } from './entrycolumns';
import type { Row } from './row';
import { goText } from './gotext';

/** The rows of `accounts`: accounts that a ledger changed, unless it changed only the signers. */
export function* accountRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'account')) {
    if (!changedExceptSigners(context, change.before, change.entry)) continue;
    const { data, entry } = change;
    const first = data.ext.type === 1 ? data.ext.value : undefined;
    const second = first?.ext.type === 2 ? first.ext.value : undefined;
    const third = second?.ext.type === 3 ? second.ext.value : undefined;
    yield {
      account_id: accountStrkey(data.accountId.value),
      balance: data.balance,
      buying_liabilities: first?.liabilities.buying ?? 0n,
      selling_liabilities: first?.liabilities.selling ?? 0n,
      sequence_number: data.seqNum,
      sequence_ledger: third?.seqLedger ?? null,
      sequence_time: third?.seqTime ?? null,
      num_subentries: data.numSubEntries,
      inflation_destination: data.inflationDest === undefined ? '' : accountStrkey(data.inflationDest.value),
      flags: data.flags,
      home_domain: goText(data.homeDomain),
      master_weight: data.thresholds[0] as number,
      threshold_low: data.thresholds[1] as number,
      threshold_medium: data.thresholds[2] as number,
      threshold_high: data.thresholds[3] as number,
      sponsor: sponsorText(entry),
      num_sponsored: second?.numSponsored ?? 0,
      num_sponsoring: second?.numSponsoring ?? 0,
      ...entryColumns(context, change),
      previous_balance: change.held === undefined ? null : (change.held.data.value as AccountEntry).balance,
    };
  }
}

/** Whether an entry differs in more than its signers. Most do, because core records the ledger of every change. */
function changedExceptSigners(
  context: LedgerContext,
  before: LedgerEntry | undefined,
  after: LedgerEntry,
): boolean {
  if (before === undefined || before.lastModifiedLedgerSeq !== after.lastModifiedLedgerSeq) return true;
  return before === after || withoutSigners(context, before) !== withoutSigners(context, after);
}

/** The entry's XDR without its signers. It still contains the signers' sponsors, which are in the extension. */
function withoutSigners({ bytes }: LedgerContext, { data }: LedgerEntry): string {
  const { signersStart, signersEnd } = data.value as AccountEntry;
  return (
    bytes.toString('latin1', data.xdrStart, signersStart) + bytes.toString('latin1', signersEnd, data.xdrEnd)
  );
}
