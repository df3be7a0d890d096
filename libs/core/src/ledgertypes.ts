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

/** What a run takes from ledgers when nobody says which: what every version so far took. */
export const DEFAULT_LEDGER_TYPES: readonly LedgerType[] = [
  'ledgers',
  'transactions',
  'contract_data',
  'contract_events',
];

/** Names that stand for several message types. */
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

/** The message types of a list that may name groups, each once, in the order of the list. */
export function expandTypes(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name): readonly string[] => TYPE_GROUPS.get(name) ?? [name]))];
}
