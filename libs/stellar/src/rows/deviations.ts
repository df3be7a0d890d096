import type { StellarType } from './types';

/** A deliberate difference from stellar-etl's rows. */
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
    why: 'Their transaction failed, and Stellar RPC also reports false; stellar-etl writes true for every event that is not diagnostic.',
  },
  {
    type: 'ledgers',
    what: 'evicted_ledger_keys_hash is the hex sha256 of each evicted key’s XDR.',
    why: 'The column name promises a hash, and a hash joins with ledger_key_hash of contract_data and key_hash of ttl; stellar-etl writes the key itself in base64.',
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
    why: 'The native asset has no code and no issuer; stellar-etl expects both and leaves the column empty.',
  },
  {
    type: 'transactions',
    what: 'inclusion_fee_charged and resource_fee_refund find the payer’s balance when the payer is a muxed account.',
    why: 'stellar-etl compares the M… text with the G… of the entry, finds nothing and subtracts from zero.',
  },
  {
    type: 'transactions',
    what: 'account_muxed, fee_account, fee_account_muxed, inner_transaction_hash and new_max_fee are null when they do not apply.',
    why: 'stellar-etl omits the keys; a column needs a value.',
  },
  {
    type: 'transactions',
    what: 'min_account_sequence_age is an unsigned 64-bit number.',
    why: 'The protocol defines it as unsigned; stellar-etl wraps values of 2^63 and above to negative numbers.',
  },
  {
    type: 'transactions',
    what: 'A transaction whose time bounds end before they begin has a row.',
    why: 'It is on the ledger; stellar-etl logs an error and skips it.',
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
    why: 'A column has one numeric type.',
  },
  {
    type: 'operations',
    what: 'contract_code_hash is the hash of the first contract code in the footprint.',
    why: 'stellar-etl’s column is always null.',
  },
  {
    type: 'operations',
    what: 'asset_balance_changes come from the events of the operation, including mint and clawback events without an administrator and amounts with a multiplexing id (protocol 23, CAP-67).',
    why: 'stellar-etl looks only at diagnostic events, which most nodes do not repeat them in, and only at the older forms.',
  },
  {
    type: 'operations',
    what: 'A failed operation has a row even if its price is not positive (the price is null) or its pool parameters are out of order.',
    why: 'It is on the ledger; stellar-etl logs an error and skips it.',
  },
  {
    type: 'operations',
    what: 'A failed liquidity pool deposit or withdrawal has no reserve assets.',
    why: 'They are not in the ledger; stellar-etl writes native for both.',
  },
  {
    type: 'trades',
    what: 'ledger_sequence is added; selling_amount and buying_amount are decimals with seven places.',
    why: 'Every table is partitioned by ledger; stellar-etl writes floats, which lose digits.',
  },
  {
    type: 'trades',
    what: 'A trade whose price or slippage cannot be derived from the changes has a row with nulls in those columns.',
    why: 'stellar-etl logs an error and skips every trade of the operation.',
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
    what: 'account_credited, account_debited, contract_credited and contract_debited come from the events of the operation, including mint and clawback events without an administrator and amounts with a multiplexing id (protocol 23, CAP-67).',
    why: 'stellar-etl looks only at diagnostic events, which most nodes do not repeat them in, and only at the older forms.',
  },
  {
    type: 'effects',
    what: 'When the changes of an operation lack the data for one effect, only that effect is missing; all other effects of the transaction have rows.',
    why: 'stellar-etl logs an error and skips every effect of the transaction.',
  },
  {
    type: 'accounts',
    what: 'sequence_ledger and sequence_time are null until the account has them.',
    why: 'A missing value is not 0; stellar-etl writes 0.',
  },
  {
    type: 'trustlines',
    what: 'asset_id is the same id that all other tables have for the asset.',
    why: 'The tables can be joined; stellar-etl hashes another name of the asset type here, so its ids match no other table.',
  },
  {
    type: 'offers',
    what: 'price is a decimal of 18 places, null for a price that is not positive.',
    why: 'pricen and priced are exact, and a decimal sorts and adds without rounding errors; stellar-etl writes a double.',
  },
  {
    type: 'config_settings',
    what: 'Columns of settings other than the row’s own are null; three columns of the eviction iterator are added.',
    why: 'A 0 would look like a real setting; stellar-etl writes 0 and omits the iterator.',
  },
  {
    type: 'accounts',
    what: 'Columns that begin with previous_ are added, also to claimable_balances, liquidity_pools and contract_data.',
    why: 'With the balance before the ledger, a ledger’s rows alone prove that no lumen appears or disappears.',
  },
  {
    type: 'contract_code',
    what: 'The n_ columns are null for code without counts.',
    why: 'They were not counted; stellar-etl writes 0.',
  },
  {
    type: 'restored_key',
    what: 'ledger_key_hash is the hex sha256 of the key; ledger_key_hash_base_64 has the key.',
    why: 'The column has the same meaning in all tables and can be joined; stellar-etl writes the key in base64 instead of its hash.',
  },
  {
    type: 'assets',
    what: 'An asset has a row in every ledger that names it, even if an earlier ledger already did.',
    why: 'Rows of a ledger depend on that ledger alone; stellar-etl skips assets that it saw earlier in the same export.',
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
    what: 'Ledgers whose meta has no fee events (before version 4) have rows for their contract events.',
    why: 'Those events are exact; stellar-etl fails and writes no rows for such a ledger.',
  },
];
