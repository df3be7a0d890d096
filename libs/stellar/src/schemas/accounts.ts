import type { TableSchema } from '@parquetry/schema';
import { ENTRY, T, numberFields } from './build';

/** Columns of `accounts`, from the account entries. */
export const accountsSchema: TableSchema = {
  messageType: 'accounts',
  origin: 'predefined',
  doc: 'A row is an account that a ledger changed, unless it changed only the signers: its state after the ledger.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['account_id', 'ledger_sequence'],
  fields: numberFields([
    ['account_id', T.utf8, false, 'Account, G….'],
    ['balance', T.amount, false, 'Balance in lumens.'],
    ['buying_liabilities', T.amount, false, 'Lumens that open offers may buy.'],
    ['selling_liabilities', T.amount, false, 'Lumens that open offers may sell.'],
    ['sequence_number', T.int64, false, 'Sequence number of the last transaction.'],
    [
      'sequence_ledger',
      T.uint32,
      true,
      'Ledger in which the sequence number changed; null until the account is used after protocol 19.',
    ],
    [
      'sequence_time',
      T.uint64,
      true,
      'Close time of that ledger, Unix seconds; null when sequence_ledger is null.',
    ],
    ['num_subentries', T.uint32, false, 'Trustlines, offers, signers and data entries of the account.'],
    [
      'inflation_destination',
      T.utf8,
      false,
      'Account voted for in the former inflation, G…; empty for none.',
    ],
    ['flags', T.uint32, false, '1 authorization required, 2 revocable, 4 immutable, 8 clawback enabled.'],
    ['home_domain', T.utf8, false, 'Domain of the account; empty for none.'],
    ['master_weight', T.int32, false, 'Weight of the master key.'],
    ['threshold_low', T.int32, false, 'Weight that low security operations need.'],
    ['threshold_medium', T.int32, false, 'Weight that medium security operations need.'],
    ['threshold_high', T.int32, false, 'Weight that high security operations need.'],
    ['sponsor', T.utf8, true, 'Account that pays the reserve, G…; null when the account does.'],
    ['num_sponsored', T.uint32, false, 'Reserves of this account that others pay.'],
    ['num_sponsoring', T.uint32, false, 'Reserves of others that this account pays.'],
    ...ENTRY,
    ['previous_balance', T.amount, true, 'Balance before the ledger; null for a new account.'],
  ]),
};

/** Columns of `signers`, from the account entries. */
export const signersSchema: TableSchema = {
  messageType: 'signers',
  origin: 'predefined',
  doc: 'A row is a signer of an account whose signers a ledger changed. The master key counts as a signer while its weight is not 0. A removed signer has a row with deleted true and weight 0.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['account_id', 'signer', 'ledger_sequence'],
  fields: numberFields([
    ['account_id', T.utf8, false, 'Account, G….'],
    [
      'signer',
      T.utf8,
      false,
      'Signer: account G…, pre-authorized transaction T…, hash X…, signed payload P….',
    ],
    ['weight', T.uint32, false, 'Weight of the signer.'],
    ['sponsor', T.utf8, true, 'Account that pays the reserve of the signer, G…; null when the account does.'],
    ...ENTRY,
  ]),
};
