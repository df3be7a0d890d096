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
    what: 'evicted_ledger_keys_type and evicted_ledger_keys_hash are empty lists for LedgerCloseMeta V0.',
    why: 'No key was evicted; stellar-etl writes null there and an empty list for later versions.',
  },
  {
    type: 'ledgers',
    what: 'node_id and signature are those of the proposed value when consensus replaced its transaction set (CAP-83).',
    why: 'The validator did sign it; stellar-etl leaves both empty.',
  },
  {
    type: 'contract_data',
    what: 'asset_type is native for the instance of the native asset’s contract.',
    why: 'It is that contract; stellar-etl expects a code and an issuer, finds none and leaves the column empty.',
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
  {
    type: 'accounts',
    what: 'sequence_ledger and sequence_time are null until the account has them.',
    why: 'Null is not 0; stellar-etl writes 0.',
  },
  {
    type: 'trustlines',
    what: 'asset_id is the id that all tables give the asset.',
    why: 'It joins; stellar-etl hashes another name of the asset type here, so that its ids match no other table.',
  },
  {
    type: 'offers',
    what: 'price is a decimal of 18 places, null for a price that is not positive.',
    why: 'pricen and priced are exact, and a decimal sorts and adds without noise; stellar-etl writes a double.',
  },
  {
    type: 'config_settings',
    what: 'Columns of settings other than the row’s own are null; three columns of the eviction iterator are added.',
    why: 'A 0 would be a value of the network; stellar-etl writes 0, and leaves the iterator out.',
  },
  {
    type: 'contract_code',
    what: 'The n_ columns are null for code without counts.',
    why: 'They were not counted; stellar-etl writes 0.',
  },
  {
    type: 'restored_key',
    what: 'ledger_key_hash is the hex sha256 of the key; ledger_key_hash_base_64 has the key.',
    why: 'The column means in all tables the same, and joins; stellar-etl writes the key in base64 as its hash.',
  },
  {
    type: 'assets',
    what: 'A row is an asset of a ledger, also when an earlier ledger named it.',
    why: 'Rows of a ledger depend on that ledger alone; stellar-etl leaves out what it saw earlier in the same export.',
  },
  {
    type: 'token_transfers',
    what: 'amount is a decimal, exactly amount_raw with seven places.',
    why: 'stellar-etl multiplies doubles: 100 becomes 0.000009999999999999999.',
  },
  {
    type: 'token_transfers',
    what: 'to_muxed and to_muxed_id are null when the memo of the receiver is a text or a hash.',
    why: 'There is no id; stellar-etl writes id 0.',
  },
  {
    type: 'token_transfers',
    what: 'Ledgers whose meta has no events of fees (before version 4) give the rows of their contracts’ events.',
    why: 'What is there is exact; stellar-etl ends with an error and writes no row of such a ledger.',
  },
];
