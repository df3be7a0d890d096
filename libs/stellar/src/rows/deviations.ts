import type { StellarType } from './types';

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
    type: 'contract_events',
    what: 'in_successful_contract_call, also inside contract_event_xdr, is false for events of a failed transaction.',
    why: 'Their transaction failed, and Stellar RPC says so too; stellar-etl writes true for every event that is not diagnostic.',
  },
  {
    type: 'ledgers',
    what: 'evicted_ledger_keys_hash is the hex sha256 of each evicted key’s XDR.',
    why: 'The name says hash, and it joins with ledger_key_hash of contract_data and key_hash of ttl; stellar-etl writes the key itself in base64.',
  },
  {
    type: 'ledgers',
    what: 'node_id and signature are those of the proposed value when consensus replaced its transaction set (CAP-83).',
    why: 'The validator did sign it; stellar-etl leaves both empty.',
  },
  {
    type: 'contract_data',
    what: 'asset_type is native, credit_alphanum4 or credit_alphanum12.',
    why: 'All tables spell the type alike; stellar-etl writes the Go name (AssetTypeAssetTypeCreditAlphanum4) here.',
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
  {
    type: 'operations',
    what: 'Amounts are decimals with seven places in details and in details_json.',
    why: 'stellar-etl writes floats, which lose the last digits of large amounts.',
  },
  {
    type: 'operations',
    what: 'amount and source_amount of a failed path payment are the number 0 in details_json.',
    why: 'stellar-etl writes the text "0.0000000" there and a number everywhere else.',
  },
  {
    type: 'operations',
    what: 'bump_to and destination_min are numbers in details; in details_json they are text, as in stellar-etl.',
    why: 'A column has a type.',
  },
  {
    type: 'operations',
    what: 'contract_code_hash is the hash of the first contract code in the footprint.',
    why: 'stellar-etl’s column is always null.',
  },
  {
    type: 'operations',
    what: 'asset_balance_changes are made from the events of the operation, also from mint and clawback events without an administrator and from amounts with a multiplexing id (protocol 23, CAP-67).',
    why: 'stellar-etl looks only at diagnostic events, which most nodes do not repeat them in, and only at the older forms.',
  },
  {
    type: 'operations',
    what: 'A failed operation with a price that is not positive, or with pool parameters out of order, is a row; its price is null.',
    why: 'It is on the ledger; stellar-etl logs an error and leaves it out.',
  },
  {
    type: 'operations',
    what: 'A failed liquidity pool deposit or withdrawal has no reserve assets.',
    why: 'They are not in the ledger; stellar-etl writes native for both.',
  },
  {
    type: 'trades',
    what: 'ledger_sequence is added; selling_amount and buying_amount are decimals with seven places.',
    why: 'Every table is placed by its ledger; stellar-etl writes floats, which lose digits.',
  },
  {
    type: 'trades',
    what: 'A trade whose price or slippage can’t be found in the changes is a row with nulls there.',
    why: 'stellar-etl logs an error and leaves out every trade of the operation.',
  },
  {
    type: 'effects',
    what: 'details_json is added, and details is a struct whose amounts are decimals with seven places; total_trustlines is a number there.',
    why: 'stellar-etl has one column of JSON, in which amounts are text.',
  },
  {
    type: 'effects',
    what: 'amount is null in details, not in details_json, above 38 digits.',
    why: 'Contracts can hold 128 bits, a little more than the widest decimal column.',
  },
  {
    type: 'effects',
    what: 'account_credited, account_debited, contract_credited and contract_debited are made from the events of the operation, also from mint and clawback events without an administrator and from amounts with a multiplexing id (protocol 23, CAP-67).',
    why: 'stellar-etl looks only at diagnostic events, which most nodes do not repeat them in, and only at the older forms.',
  },
  {
    type: 'effects',
    what: 'An operation whose changes lack what an effect needs has the other effects; the transaction keeps those of its other operations.',
    why: 'stellar-etl logs an error and leaves out every effect of the transaction.',
  },
];
