/** The message types made from ledgers, in the order that help and documentation list them. */
export const STELLAR_TYPES = [
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
export type StellarType = (typeof STELLAR_TYPES)[number];
