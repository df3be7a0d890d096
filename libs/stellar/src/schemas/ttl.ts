import type { TableSchema } from '@parquetry/schema';
import { ENTRY, T, numberFields } from './build';

/** Columns of `ttl`, from the TTL entries. */
export const ttlSchema: TableSchema = {
  messageType: 'ttl',
  origin: 'predefined',
  doc: 'A row is the life of a Soroban entry that a ledger set or extended.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['key_hash', 'ledger_sequence'],
  fields: numberFields([
    ['key_hash', T.utf8, false, "sha256 of the entry's LedgerKey XDR, hex; ledger_key_hash of its table."],
    ['live_until_ledger_seq', T.uint32, false, 'Last ledger of its life.'],
    ...ENTRY,
  ]),
};

/** Columns of `restored_key`, from the restored entries. */
export const restoredKeySchema: TableSchema = {
  messageType: 'restored_key',
  origin: 'predefined',
  doc: 'A row is an entry that a ledger restored from the archive.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['ledger_key_hash', 'ledger_sequence'],
  fields: numberFields([
    ['ledger_key_hash', T.utf8, false, 'sha256 of the LedgerKey XDR, hex.'],
    [
      'ledger_entry_type',
      T.utf8,
      false,
      'LedgerEntryTypeContractData, LedgerEntryTypeContractCode or LedgerEntryTypeTtl.',
    ],
    ['last_modified_ledger', T.uint32, false, 'Ledger that last changed the entry.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
    ['ledger_key_hash_base_64', T.utf8, false, 'LedgerKey XDR, base64.'],
  ]),
};
