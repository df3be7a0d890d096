import type { StellarType } from './index';

/** Where our rows differ from stellar-etl's on purpose. */
export interface Deviation {
  readonly type: StellarType;
  readonly what: string;
  readonly why: string;
}

/** Every deliberate difference from stellar-etl's NDJSON; the documentation and the golden tests cite this list. */
export const DEVIATIONS: readonly Deviation[] = [
  {
    type: 'contract_events',
    what: 'A contract event that the diagnostic list repeats from an operation is one row, with its operation_id.',
    why: 'It is one event: Stellar RPC also counts it once. stellar-etl writes it twice (173 in twenty pubnet ledgers).',
  },
  {
    type: 'transactions',
    what: 'inclusion_fee_charged and resource_fee_refund find the payer’s balance when the payer is a muxed account.',
    why: 'stellar-etl compares the M… text with the G… of the entry, finds nothing and subtracts from zero.',
  },
  {
    type: 'transactions',
    what: 'account_muxed, fee_account, fee_account_muxed, inner_transaction_hash and new_max_fee are null when they do not apply.',
    why: 'stellar-etl leaves the keys out; a column needs a value.',
  },
  {
    type: 'transactions',
    what: 'min_account_sequence_age is an unsigned 64-bit number.',
    why: 'It is one on the ledger; stellar-etl wraps values from 2^63 on to negative ones.',
  },
  {
    type: 'transactions',
    what: 'A transaction whose time bounds end before they begin is a row.',
    why: 'It is on the ledger; stellar-etl logs an error and leaves it out.',
  },
  {
    type: 'contract_data',
    what: 'message_type and processor_name are added; key and val are JSON (a base64 string from lakes).',
    why: 'One table serves lakes and NDJSON messages, whose key and val are objects.',
  },
];
