/** Paths of the close time for unknown types. `timestamp` is not one of them: it often is a processing time. */
const COMMON = [
  'closed_at',
  'ledger_closed_at',
  'meta.closedAt',
  'ledger_close_time',
  'block_timestamp',
] as const;

/** Types whose processors write the ledger's close time to `timestamp`. */
const TIMESTAMP_TYPES = [
  // contract events: `type` is the type of the event
  'contract',
  'system',
  'diagnostic',
  'contract_event',
  'contract_invocation',
  'contract_creation',
  'extracted_contract_invocation',
  'stellar_effects',
  'account_effect',
  'account_transaction',
  'asset',
  'create_account',
  'ledger_change',
  'network_metrics',
  'new_pair',
  'nebu_contract_events_v1',
  'participants',
  'phoenix_amm',
  'swap',
  'sync',
  'trade',
  'transaction_xdr',
  'trustline',
] as const;

/** Additional paths of known types. */
const OTHER: readonly (readonly [type: string, path: string])[] = [
  ['stellar_contract_events', 'events.0.closed_at'],
  ['nebu_token_transfer_v1', 'meta.closedAtUnix'],
  ['nebu_dex_trade_v1', 'timestamp_unix'],
];

const KNOWN: ReadonlyMap<string, string> = new Map([
  ...TIMESTAMP_TYPES.map((type): [string, string] => [type, 'timestamp']),
  ...OTHER,
]);

/** The paths of the close time for a type; the first one with a value is used. */
export function closeTimePaths(type: string): readonly string[] {
  const known = KNOWN.get(type);
  return known === undefined ? COMMON : [...COMMON, known];
}

/** The paths of the ledger; the first one with a value is used. */
export const LEDGER_PATHS = [
  'ledger_sequence',
  'ledger',
  'sequence',
  'ledger_seq',
  'block_height',
  'meta.ledgerSequence',
  'ledgerSequence',
] as const;
