import type { TableSchema } from '@parquetry/schema';
import { T, numberFields } from './build';

/** Columns of `contract_data`, one schema for lakes and NDJSON messages; messages may lack most of them. */
export const contractDataSchema: TableSchema = {
  messageType: 'contract_data',
  origin: 'predefined',
  doc: 'A row is a contract data entry that a ledger created, changed, restored or removed: its state after the ledger.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  fields: numberFields([
    ['contract_id', T.utf8, true, 'Contract, C….'],
    ['contract_key_type', T.utf8, true, 'Type of the key by its Go name, e.g. ScValTypeScvVec.'],
    [
      'contract_durability',
      T.utf8,
      true,
      'ContractDataDurabilityPersistent or ContractDataDurabilityTemporary.',
    ],
    ['asset_code', T.utf8, true, 'Asset code, for the instance entry of an asset contract.'],
    ['asset_issuer', T.utf8, true, 'Asset issuer, G….'],
    [
      'asset_type',
      T.utf8,
      true,
      'Asset type: native, credit_alphanum4, credit_alphanum12; empty when the entry is not an asset contract instance.',
    ],
    ['balance_holder', T.utf8, true, 'Contract that holds the balance of a balance entry, C….'],
    ['balance', T.utf8, true, 'Balance of the holder, decimal text (128 bits).'],
    ['last_modified_ledger', T.uint32, true, 'Ledger that last changed the entry.'],
    ['ledger_entry_change', T.uint32, true, '0 created, 1 updated, 2 removed, 4 restored.'],
    ['deleted', T.bool, true, 'True when the ledger removed the entry.'],
    ['closed_at', T.time, false, 'Close time of the ledger, UTC.'],
    ['ledger_sequence', T.uint32, false, 'Ledger sequence.'],
    ['ledger_key_hash', T.utf8, true, 'sha256 of the LedgerKey XDR, hex.'],
    ['key', T.json, true, 'Key: ScVal XDR in base64 as a JSON string from lakes; an object from messages.'],
    ['key_decoded', T.json, true, 'Key as SEP-51 JSON.'],
    ['val', T.json, true, 'Value: ScVal XDR in base64 as a JSON string from lakes; an object from messages.'],
    ['val_decoded', T.json, true, 'Value as SEP-51 JSON.'],
    ['contract_data_xdr', T.utf8, true, 'ContractDataEntry XDR, base64.'],
    ['ledger_key_hash_base_64', T.utf8, true, 'LedgerKey XDR, base64.'],
    ['message_type', T.utf8, true, 'Message type of the envelope: contract_data.'],
    ['processor_name', T.utf8, true, 'Processor of the envelope: contract_data_processor for lakes.'],
    [
      'previous_balance',
      T.utf8,
      true,
      'Balance before the ledger, or when the entry came back from the archive; empty when the entry is not a balance, null when it is new.',
    ],
  ]),
};
