import type { StellarType } from '../rows/types';

/** Types whose rows describe operations; they look at nearly everything. */
const OPERATIONS = ['operations', 'effects', 'trades'] as const;

/** Types that fold the changes of ledger entries, by what they read of an entry. */
const SPONSORED = ['accounts', 'signers', 'trustlines', 'offers', 'claimable_balances'] as const;

/**
 * The parts of a ledger (types, or `Struct.field`) that only these message types look at. A reader that is compiled
 * for other types checks these parts but does not build them: building costs more than half of the time.
 */
const PARTS: Readonly<Record<string, readonly StellarType[]>> = {
  ScpHistoryEntry: [],
  'LedgerHeader.skipList': [],
  'SorobanTransactionMeta.returnValue': [],
  'SorobanTransactionMetaV2.returnValue': [],
  LedgerUpgrade: OPERATIONS,
  Operation: [...OPERATIONS, 'assets'],
  SorobanAuthorizationEntry: OPERATIONS,
  OperationResult: OPERATIONS,
  LedgerFootprint: OPERATIONS,
  DataEntry: OPERATIONS,
  LedgerKeyAccount: OPERATIONS,
  LedgerKeyTrustLine: OPERATIONS,
  LedgerKeyOffer: OPERATIONS,
  LedgerKeyData: OPERATIONS,
  LedgerKeyClaimableBalance: OPERATIONS,
  LedgerKeyLiquidityPool: OPERATIONS,
  LedgerKeyContractData: OPERATIONS,
  LedgerKeyContractCode: OPERATIONS,
  LedgerKeyConfigSetting: OPERATIONS,
  LedgerKeyTtl: OPERATIONS,
  TrustLineEntry: [...OPERATIONS, 'trustlines'],
  OfferEntry: [...OPERATIONS, 'offers'],
  ClaimableBalanceEntry: [...OPERATIONS, 'claimable_balances'],
  LiquidityPoolEntry: [...OPERATIONS, 'liquidity_pools'],
  ContractDataEntry: [...OPERATIONS, 'contract_data', 'restored_key'],
  ContractCodeEntry: [...OPERATIONS, 'contract_code', 'restored_key'],
  ConfigSettingEntry: [...OPERATIONS, 'config_settings'],
  TtlEntry: [...OPERATIONS, 'ttl'],
  LedgerEntryExt: [...OPERATIONS, ...SPONSORED],
  'AccountEntry.inflationDest': [...OPERATIONS, 'accounts'],
  'AccountEntry.homeDomain': [...OPERATIONS, 'accounts'],
  'AccountEntry.thresholds': [...OPERATIONS, 'accounts', 'signers'],
  'AccountEntry.signers': [...OPERATIONS, 'accounts', 'signers'],
  'AccountEntry.ext': [...OPERATIONS, 'accounts', 'signers'],
  ContractEvent: [...OPERATIONS, 'contract_events', 'token_transfers'],
};

/** The parts that none of these message types looks at. */
export function unusedParts(types: readonly StellarType[]): ReadonlySet<string> {
  const wanted = new Set(types);
  return new Set(Object.keys(PARTS).filter((part) => PARTS[part]?.every((type) => !wanted.has(type))));
}
