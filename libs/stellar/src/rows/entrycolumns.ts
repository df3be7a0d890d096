import { accountStrkey } from '../strkey';
import { sha256 } from '../bytes';
import type { LedgerEntry } from '../xdr/types';
import { CHANGE, type EntryChange, type EntryType } from './changes';
import type { LedgerContext } from './context';

/** The columns that every table of ledger entries has. */
export interface EntryColumns {
  readonly last_modified_ledger: number;
  readonly ledger_entry_change: number;
  readonly deleted: boolean;
  readonly closed_at: number;
  readonly ledger_sequence: number;
}

/** The columns that every table of ledger entries has, for one change. */
export function entryColumns(
  context: LedgerContext,
  { change, entry }: Pick<EntryChange<EntryType>, 'change' | 'entry'>,
): EntryColumns {
  return {
    last_modified_ledger: entry.lastModifiedLedgerSeq,
    ledger_entry_change: change,
    deleted: change === CHANGE.removed,
    closed_at: context.closedAt,
    ledger_sequence: context.sequence,
  };
}

/** Account that pays an entry's reserve, G…; null when its owner does. */
export function sponsorText({ ext }: LedgerEntry): string | null {
  const sponsor = ext.type === 1 ? ext.value.sponsoringId : undefined;
  return sponsor === undefined ? null : accountStrkey(sponsor.value);
}

/** Both forms of a ledger key: the sha256 of its XDR in hex, and the XDR in base64. */
export function keyColumns(key: string): { ledger_key_hash: string; ledger_key_hash_base_64: string } {
  const xdr = Buffer.from(key, 'latin1');
  return {
    ledger_key_hash: sha256(xdr),
    ledger_key_hash_base_64: xdr.toString('base64'),
  };
}
