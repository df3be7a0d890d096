import { T, listOf } from './build';
import {
  type Member,
  WIDE_AMOUNT,
  accountMembers,
  amount,
  assetMembers,
  bool,
  int64,
  many,
  priceMembers,
  safe,
  safes,
  sorted,
  structOf,
  text,
  uint32,
} from './members';

const assetIds = (prefix: string, doc: string): Member[] => [
  ...assetMembers(prefix, doc),
  int64(`${prefix}asset_id`, `${doc}: stellar-etl's id of it.`),
];

const flagMembers = (name: string, doc: string): Member[] => [
  { column: [name, listOf(T.int32), true, `${doc}, as numbers.`], json: 'numbers' },
  safes(`${name}_s`, `${doc}, as names.`),
];

const typed: Member[] = [
  safe('type', "Arm of the value, by stellar-etl's name."),
  text('value', 'The value.'),
];

const balanceChange: Member[] = [
  { column: ['amount', WIDE_AMOUNT, true, 'Amount; null above 38 digits.'], json: 'amounttext' },
  ...assetMembers('', 'Asset'),
  safe('from', 'Address whose balance fell.'),
  safe('to', 'Address whose balance grew.'),
  safe('type', 'transfer, mint, clawback or burn.'),
];

/**
 * Every member of `operations.details`, over all operation types, by name. Add a member of a new protocol at the end of
 * `LATER`, because field ids follow this order.
 */
const FIRST: readonly Member[] = sorted([
  ...accountMembers('account', 'Account that was made (create_account) or merged (account_merge)'),
  safe('account_id', 'Account whose sponsorship was revoked, G….'),
  safe('address', 'Address that a contract was made from.'),
  amount('amount', 'Amount; in the units of the asset that the operation names.'),
  text('asset', 'Asset as CODE:ISSUER, or native.'),
  ...assetIds('', 'Asset'),
  many('asset_balance_changes', balanceChange, 'Balances that asset contracts changed, by their events.'),
  bool('authorize', 'Whether allow_trust authorizes.'),
  bool('authorize_to_maintain_liabilities', 'Whether allow_trust authorizes to maintain liabilities.'),
  safe('balance_id', 'Claimable balance id, hex.'),
  safe('balance_id_strkey', 'Claimable balance id, B….'),
  ...accountMembers('begin_sponsor', 'Account that began the sponsorship'),
  { column: ['bump_to', T.int64, true, 'Sequence number to bump to.'], json: 'safe' },
  ...assetIds('buying_', 'Asset bought'),
  safe('claimable_balance_id', 'Claimable balance whose sponsorship was revoked, hex.'),
  ...accountMembers('claimant', 'Account that claims'),
  many(
    'claimants',
    [
      safe('destination', 'Account that may claim, G….'),
      { column: ['predicate', T.json, false, 'When it may claim.'], json: 'json' },
    ],
    'Who may claim a balance.',
  ),
  bool('clawback_enabled', 'Whether allow_trust enables clawback.'),
  ...flagMembers('clear_flags', 'Flags cleared'),
  safe('contract_code_hash', 'First contract code in the footprint, hex.'),
  safe('contract_id', 'Contract, C….'),
  safe('data_account_id', 'Account of the data entry, G….'),
  text('data_name', 'Name of the data entry.'),
  {
    column: ['destination_min', amount('', '').column[1], true, 'Least amount that must arrive.'],
    json: 'amounttext',
  },
  uint32('extend_to', 'Ledgers from now that entries must live at least.'),
  ...accountMembers('from', 'Account that pays; for a created contract the word address or asset'),
  safe('function', 'Host function type by its Go name.'),
  ...accountMembers('funder', 'Account that funds'),
  uint32('high_threshold', 'High threshold set.'),
  text('home_domain', 'Home domain set.'),
  safe('inflation_dest', 'Inflation destination set, G….'),
  ...accountMembers('into', 'Account that receives the merged balance'),
  safes('ledger_key_hash', 'sha256 of each ledger key in the footprint, hex.'),
  amount('limit', 'Limit of the trust line.'),
  safe('liquidity_pool_id', 'Liquidity pool, hex.'),
  safe('liquidity_pool_id_strkey', 'Liquidity pool, L….'),
  uint32('low_threshold', 'Low threshold set.'),
  uint32('master_key_weight', 'Weight of the master key set.'),
  ...priceMembers('max_', 'Greatest price of a deposit'),
  uint32('med_threshold', 'Medium threshold set.'),
  ...priceMembers('min_', 'Least price of a deposit'),
  text('name', 'Name of the data entry set.'),
  int64('offer_id', 'Offer; 0 for a new one.'),
  many('parameters', typed, 'Contract, function and arguments, XDR, base64.'),
  many('parameters_decoded', typed, 'Contract, function and arguments as text.'),
  safes('parameters_json', 'Contract, function and arguments, XDR, base64.'),
  {
    column: [
      'parameters_json_decoded',
      listOf(T.json),
      true,
      'Contract, function and arguments, SEP-51 JSON.',
    ],
    json: 'jsons',
  },
  many('path', assetMembers('', 'Asset'), 'Assets between the one sent and the one received.'),
  ...priceMembers('', 'Price: what is bought for one unit sold'),
  ...['reserve_a_', 'reserve_b_'].flatMap((prefix) => [
    ...assetIds(prefix, 'Asset of the pool'),
    amount(`${prefix}deposit_amount`, 'Amount deposited; 0 when the transaction failed.'),
    amount(`${prefix}max_amount`, 'Greatest amount to deposit.'),
    amount(`${prefix}min_amount`, 'Least amount to withdraw.'),
    amount(`${prefix}withdraw_amount`, 'Amount withdrawn; 0 when the transaction failed.'),
  ]),
  ...assetIds('selling_', 'Asset sold'),
  ...flagMembers('set_flags', 'Flags set'),
  amount('shares', 'Pool shares redeemed.'),
  amount('shares_received', 'Pool shares received; 0 when the transaction failed.'),
  safe('signer_account_id', 'Account of the signer, G….'),
  safe('signer_key', 'Signer, strkey.'),
  uint32('signer_weight', 'Weight of the signer; 0 removes it.'),
  amount('source_amount', 'Amount sent; 0 for strict receive when the transaction failed.'),
  ...assetIds('source_', 'Asset sent'),
  amount('source_max', 'Greatest amount to send.'),
  safe('sponsor', 'Account that sponsors the entry or signer made, G….'),
  safe('sponsored_id', 'Account that is sponsored, G….'),
  amount('starting_balance', 'Lumens that the account starts with.'),
  ...accountMembers('to', 'Account that receives'),
  ...accountMembers('trustee', 'Issuer that is trusted'),
  safe('trustline_account_id', 'Account of the trust line whose sponsorship was revoked, G….'),
  text('trustline_asset', 'Asset of that trust line, CODE:ISSUER.'),
  safe('trustline_liquidity_pool_id', 'Liquidity pool of that trust line, hex.'),
  ...accountMembers('trustor', 'Account that trusts'),
  safe('type', 'Kind of a Soroban operation, e.g. invoke_contract.'),
  safe('value', 'Value of the data entry, base64; null removes it.'),
]);

const LATER: readonly Member[] = [];

/** The members of `operations.details`. */
export const OPERATION_MEMBERS: readonly Member[] = [...FIRST, ...LATER];

/** The type of `operations.details`. */
export const OPERATION_DETAILS = structOf(OPERATION_MEMBERS);
