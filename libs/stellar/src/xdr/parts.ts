import type { StellarType } from '../rows/types';

/** Types whose rows describe operations. */
const OPERATIONS = ['operations', 'effects', 'trades'] as const;

/** Types that fold the changes of ledger entries, by the part of an entry that they read. */
const SPONSORED = ['accounts', 'signers', 'trustlines', 'offers', 'claimable_balances'] as const;

/**
 * The parts of a ledger (types, or `Struct.field`) that only these message types use. A reader that is compiled for
 * other types checks these parts but does not build them, because building takes more than half of the time.
 */
const PARTS: Readonly<Record<string, readonly StellarType[]>> = {
  ScpHistoryEntry: [],
  'LedgerHeader.skipList': [],
  'SorobanTransactionMeta.returnValue': [],
  'SorobanTransactionMetaV2.returnValue': [],
  LedgerUpgrade: [],
  Operation: [...OPERATIONS, 'assets'],
  SorobanAuthorizationEntry: [],
  OperationResult: OPERATIONS,
  LedgerFootprint: ['operations'],
  DataEntry: OPERATIONS,
  LedgerKeyAccount: ['operations'],
  LedgerKeyTrustLine: ['operations'],
  LedgerKeyOffer: ['operations'],
  LedgerKeyData: ['operations'],
  LedgerKeyClaimableBalance: ['operations'],
  LedgerKeyLiquidityPool: ['operations'],
  LedgerKeyContractData: ['operations'],
  'LedgerKeyContractData.key': [],
  LedgerKeyContractCode: ['operations'],
  LedgerKeyConfigSetting: [],
  LedgerKeyTtl: [],
  TrustLineEntry: [...OPERATIONS, 'trustlines'],
  OfferEntry: [...OPERATIONS, 'offers'],
  ClaimableBalanceEntry: [...OPERATIONS, 'claimable_balances'],
  LiquidityPoolEntry: [...OPERATIONS, 'liquidity_pools'],
  ContractDataEntry: ['contract_data', 'restored_key'],
  ContractCodeEntry: ['contract_code', 'restored_key'],
  ConfigSettingEntry: ['config_settings'],
  TtlEntry: [...OPERATIONS, 'ttl'],
  LedgerEntryExt: [...OPERATIONS, ...SPONSORED],
  'AccountEntry.inflationDest': ['accounts'],
  'AccountEntry.homeDomain': ['accounts'],
  'AccountEntry.thresholds': [...OPERATIONS, 'accounts', 'signers'],
  'AccountEntry.signers': [...OPERATIONS, 'accounts', 'signers'],
  'AccountEntry.ext': [...OPERATIONS, 'accounts', 'signers'],
  ContractEvent: ['operations', 'effects', 'contract_events', 'token_transfers'],
};

/** The parts that none of these message types uses. */
export function unusedParts(types: readonly StellarType[]): ReadonlySet<string> {
  const wanted = new Set(types);
  return new Set(Object.keys(PARTS).filter((part) => PARTS[part]?.every((type) => !wanted.has(type))));
}
