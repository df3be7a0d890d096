import { hex } from '../bytes';
import { CHANGE, type EntryType, entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns, keyColumns } from './entrycolumns';
import { type Row, goName } from './row';

/** The rows of `ttl`: the last ledger in which each Soroban entry is live. */
export function* ttlRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'ttl')) {
    const { keyHash, liveUntilLedgerSeq } = change.data;
    yield {
      key_hash: hex(keyHash),
      live_until_ledger_seq: liveUntilLedgerSeq,
      ...entryColumns(context, change),
    };
  }
}

/** Kinds of entries that are archived and restored. */
const RESTORABLE = ['contractData', 'contractCode', 'ttl'] as const satisfies readonly EntryType[];

/** The rows of `restored_key`: entries that a ledger restored from the archive. */
export function* restoredKeyRows(context: LedgerContext): Generator<Row> {
  for (const type of RESTORABLE)
    for (const { change, entry, key } of entryChanges(context, type))
      if (change === CHANGE.restored)
        yield {
          ...keyColumns(key),
          ledger_entry_type: goName('LedgerEntryType', type),
          last_modified_ledger: entry.lastModifiedLedgerSeq,
          closed_at: context.closedAt,
          ledger_sequence: context.sequence,
        };
}
