import { EFFECT_MEMBERS } from '../../schemas/effectdetails';
import { type DetailsWriter, detailsWriter } from '../details';
import { accountNames, allNames, assetNames } from '../put';

const ASSET = allNames(assetNames(''));
const MOVEMENT = ['amount', ...ASSET, 'contract_event_type'];
const TRADE = [
  'offer_id',
  ...allNames(accountNames('seller')),
  'bought_amount',
  ...allNames(assetNames('bought_')),
  'sold_amount',
  ...allNames(assetNames('sold_')),
];
const SIGNER = ['public_key', 'weight'];
const TRUSTLINE = [...ASSET, 'limit', 'liquidity_pool_id'];
const DATA = ['name', 'value'];
const BALANCE = ['amount', 'asset', 'balance_id', 'claimable_balance_clawback_enabled_flag'];

/** Members of the three effects on a sponsorship, by what is sponsored. */
const SPONSORED = {
  account: [],
  trustline: ['asset', 'asset_type', 'liquidity_pool_id'],
  data: ['data_name'],
  claimable_balance: ['balance_id'],
  signer: ['signer'],
} as const;

/** Number and members of every effect type. */
const TYPES = {
  account_created: [0, ['starting_balance']],
  account_removed: [1, []],
  account_credited: [2, MOVEMENT],
  account_debited: [3, MOVEMENT],
  account_thresholds_updated: [4, ['low_threshold', 'med_threshold', 'high_threshold']],
  account_home_domain_updated: [5, ['home_domain']],
  account_flags_updated: [
    6,
    ['auth_required_flag', 'auth_revocable_flag', 'auth_immutable_flag', 'auth_clawback_enabled_flag'],
  ],
  account_inflation_destination_updated: [7, ['inflation_destination']],
  signer_created: [10, SIGNER],
  signer_removed: [11, SIGNER],
  signer_updated: [12, SIGNER],
  trustline_created: [20, TRUSTLINE],
  trustline_removed: [21, TRUSTLINE],
  trustline_updated: [22, TRUSTLINE],
  trustline_flags_updated: [
    26,
    [...ASSET, 'trustor', 'authorized_flag', 'authorized_to_maintain_liabilites', 'clawback_enabled_flag'],
  ],
  offer_created: [30, TRADE],
  offer_removed: [31, TRADE],
  offer_updated: [32, TRADE],
  trade: [33, TRADE],
  data_created: [40, DATA],
  data_removed: [41, DATA],
  data_updated: [42, DATA],
  sequence_bumped: [43, ['new_seq']],
  claimable_balance_created: [50, BALANCE],
  claimable_balance_claimant_created: [51, ['amount', 'asset', 'balance_id', 'predicate']],
  claimable_balance_claimed: [52, BALANCE],
  account_sponsorship_created: [60, ['sponsor', ...SPONSORED.account]],
  account_sponsorship_updated: [61, ['former_sponsor', 'new_sponsor', ...SPONSORED.account]],
  account_sponsorship_removed: [62, ['former_sponsor', ...SPONSORED.account]],
  trustline_sponsorship_created: [63, ['sponsor', ...SPONSORED.trustline]],
  trustline_sponsorship_updated: [64, ['former_sponsor', 'new_sponsor', ...SPONSORED.trustline]],
  trustline_sponsorship_removed: [65, ['former_sponsor', ...SPONSORED.trustline]],
  data_sponsorship_created: [66, ['sponsor', ...SPONSORED.data]],
  data_sponsorship_updated: [67, ['former_sponsor', 'new_sponsor', ...SPONSORED.data]],
  data_sponsorship_removed: [68, ['former_sponsor', ...SPONSORED.data]],
  claimable_balance_sponsorship_created: [69, ['sponsor', ...SPONSORED.claimable_balance]],
  claimable_balance_sponsorship_updated: [
    70,
    ['former_sponsor', 'new_sponsor', ...SPONSORED.claimable_balance],
  ],
  claimable_balance_sponsorship_removed: [71, ['former_sponsor', ...SPONSORED.claimable_balance]],
  signer_sponsorship_created: [72, ['sponsor', ...SPONSORED.signer]],
  signer_sponsorship_updated: [73, ['former_sponsor', 'new_sponsor', ...SPONSORED.signer]],
  signer_sponsorship_removed: [74, ['former_sponsor', ...SPONSORED.signer]],
  claimable_balance_clawed_back: [80, ['balance_id']],
  liquidity_pool_deposited: [90, ['liquidity_pool', 'reserves_deposited', 'shares_received']],
  liquidity_pool_withdrew: [91, ['liquidity_pool', 'reserves_received', 'shares_redeemed']],
  liquidity_pool_trade: [92, ['liquidity_pool', 'bought', 'sold']],
  liquidity_pool_created: [93, ['liquidity_pool']],
  liquidity_pool_removed: [94, ['liquidity_pool_id']],
  liquidity_pool_revoked: [95, ['liquidity_pool', 'reserves_revoked', 'shares_revoked']],
  contract_credited: [96, [...MOVEMENT, 'contract']],
  contract_debited: [97, [...MOVEMENT, 'contract']],
  extend_footprint_ttl: [98, ['entries', 'extend_to']],
  restore_footprint: [99, ['entries']],
} as const satisfies Record<string, readonly [code: number, members: readonly string[]]>;

/** `type_string` of an effect. */
export type EffectName = keyof typeof TYPES;

/** Number and JSON writer of an effect type. */
export interface EffectType {
  readonly code: number;
  readonly json: DetailsWriter;
}

/** Every effect type by name. */
export const EFFECT_TYPES = Object.fromEntries(
  Object.entries(TYPES).map(([name, [code, members]]) => [
    name,
    { code, json: detailsWriter(EFFECT_MEMBERS, members) },
  ]),
) as Readonly<Record<EffectName, EffectType>>;
