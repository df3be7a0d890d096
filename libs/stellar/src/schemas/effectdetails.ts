import { T } from './build';
import {
  AMOUNT,
  type Member,
  WIDE_AMOUNT,
  accountMembers,
  assetMembers,
  bool,
  int64,
  many,
  one,
  safe,
  safes,
  sorted,
  structOf,
  text,
  uint32,
} from './members';

/** Amounts are text in stellar-etl's effects. */
const amount = (name: string, doc: string): Member => ({
  column: [name, AMOUNT, true, doc],
  json: 'amounttext',
});

const assetAmount: Member[] = [
  amount('amount', 'Amount.'),
  text('asset', 'Asset as CODE:ISSUER, or native.'),
];

const pool: Member[] = [
  uint32('fee_bp', 'Fee, basis points.'),
  safe('id', 'Pool id, hex.'),
  many('reserves', assetAmount, 'What the pool holds after the operation.'),
  amount('total_shares', 'Pool shares.'),
  { column: ['total_trustlines', T.int64, true, 'Trust lines to the pool shares.'], json: 'safe' },
  safe('type', 'constant_product.'),
];

/**
 * Every member of `effects.details`, over all effect types, by name. Add a member of a new protocol at the end of
 * `LATER`, because field ids follow this order.
 */
const FIRST: readonly Member[] = sorted([
  {
    column: ['amount', WIDE_AMOUNT, true, 'Amount; null above 38 digits, which only contracts can hold.'],
    json: 'amounttext',
  },
  text('asset', 'Asset as CODE:ISSUER, or native.'),
  ...assetMembers('', 'Asset'),
  bool('auth_clawback_enabled_flag', 'Account flag set or cleared.'),
  bool('auth_immutable_flag', 'Account flag set or cleared.'),
  bool('auth_required_flag', 'Account flag set or cleared.'),
  bool('auth_revocable_flag', 'Account flag set or cleared.'),
  bool('authorized_flag', 'Trust line flag set or cleared.'),
  bool(
    'authorized_to_maintain_liabilites',
    "Trust line flag set or cleared (the spelling is stellar-etl's).",
  ),
  safe('balance_id', 'Claimable balance id, hex.'),
  one('bought', assetAmount, 'What the pool paid for.'),
  amount('bought_amount', 'Amount that the account got.'),
  ...assetMembers('bought_', 'Asset that the account got'),
  bool('claimable_balance_clawback_enabled_flag', 'True when the claimable balance can be clawed back.'),
  bool('clawback_enabled_flag', 'Trust line flag set or cleared.'),
  safe('contract', 'Address whose balance changed: C…, or another address that is not an account.'),
  safe('contract_event_type', 'transfer, mint, clawback or burn.'),
  text('data_name', 'Name of the data entry.'),
  safes('entries', 'Ledger keys of the time-to-live entries, XDR, base64.'),
  uint32('extend_to', 'Ledgers from now that entries live at least.'),
  safe('former_sponsor', 'Account that sponsored before, G….'),
  uint32('high_threshold', 'High threshold set.'),
  text('home_domain', 'Home domain set.'),
  safe('inflation_destination', 'Inflation destination set, G….'),
  amount('limit', 'Limit of the trust line.'),
  one('liquidity_pool', pool, 'Liquidity pool.'),
  safe('liquidity_pool_id', 'Liquidity pool, hex.'),
  uint32('low_threshold', 'Low threshold set.'),
  uint32('med_threshold', 'Medium threshold set.'),
  text('name', 'Name of the data entry.'),
  int64('new_seq', 'New sequence number.'),
  safe('new_sponsor', 'Account that sponsors now, G….'),
  int64('offer_id', 'Offer traded with.'),
  { column: ['predicate', T.json, true, 'When the claimant may claim.'], json: 'json' },
  safe('public_key', 'Signer, strkey.'),
  many('reserves_deposited', assetAmount, 'What was deposited.'),
  many('reserves_received', assetAmount, 'What was withdrawn.'),
  many(
    'reserves_revoked',
    [...assetAmount, safe('claimable_balance_id', 'Claimable balance that holds it, hex.')],
    'What was taken out because a trust line lost its authorization.',
  ),
  ...accountMembers('seller', 'The other account of the trade'),
  amount('shares_received', 'Pool shares received.'),
  amount('shares_redeemed', 'Pool shares redeemed.'),
  amount('shares_revoked', 'Pool shares taken away.'),
  safe('signer', 'Signer, strkey.'),
  one('sold', assetAmount, 'What the pool paid.'),
  amount('sold_amount', 'Amount that the account gave.'),
  ...assetMembers('sold_', 'Asset that the account gave'),
  safe('sponsor', 'Account that sponsors, G….'),
  amount('starting_balance', 'Lumens that the account starts with.'),
  safe('trustor', 'Account of the trust line, G….'),
  safe('value', 'Value of the data entry, base64.'),
  uint32('weight', 'Weight of the signer.'),
]);

const LATER: readonly Member[] = [];

/** The members of `effects.details`. */
export const EFFECT_MEMBERS: readonly Member[] = [...FIRST, ...LATER];

/** The type of `effects.details`. */
export const EFFECT_DETAILS = structOf(EFFECT_MEMBERS);
