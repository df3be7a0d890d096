/** The message types made from ledgers, in the order that help and documentation list them. */
export const LEDGER_TYPES = [
  'ledgers',
  'transactions',
  'ledger_transaction',
  'operations',
  'effects',
  'trades',
  'assets',
  'contract_events',
  'token_transfers',
  'accounts',
  'signers',
  'trustlines',
  'offers',
  'claimable_balances',
  'liquidity_pools',
  'contract_data',
  'contract_code',
  'config_settings',
  'ttl',
  'restored_key',
] as const;

/** A message type made from ledgers. */
export type LedgerType = (typeof LEDGER_TYPES)[number];

/** Message types of a run without `--types`: the same in every version so far. */
export const DEFAULT_LEDGER_TYPES: readonly LedgerType[] = [
  'ledgers',
  'transactions',
  'contract_data',
  'contract_events',
];

/** Names of groups of message types. */
export const TYPE_GROUPS: ReadonlyMap<string, readonly LedgerType[]> = new Map<string, readonly LedgerType[]>(
  [
    ['all', LEDGER_TYPES],
    [
      'history',
      [
        'ledgers',
        'transactions',
        'operations',
        'effects',
        'trades',
        'assets',
        'contract_events',
        'token_transfers',
      ],
    ],
    [
      'state',
      [
        'accounts',
        'signers',
        'trustlines',
        'offers',
        'claimable_balances',
        'liquidity_pools',
        'contract_data',
        'contract_code',
        'config_settings',
        'ttl',
        'restored_key',
      ],
    ],
    [
      'soroban',
      [
        'contract_events',
        'token_transfers',
        'contract_data',
        'contract_code',
        'config_settings',
        'ttl',
        'restored_key',
      ],
    ],
  ],
);

/** Replaces the groups in a list by their message types; each type occurs once, in the order of the list. */
export function expandTypes(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name): readonly string[] => TYPE_GROUPS.get(name) ?? [name]))];
}
