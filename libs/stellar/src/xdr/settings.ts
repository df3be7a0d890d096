import type { ExtensionPoint, Union } from './values';

/** The network's settings for Soroban, one entry each, as the compiled readers return them. */
export type ConfigSettingEntry = {
  readonly [Name in keyof ConfigSettings]: Union<Name, ConfigSettings[Name]>;
}[keyof ConfigSettings];

/** What each setting holds, by the name of its id. */
export interface ConfigSettings {
  readonly configSettingContractMaxSizeBytes: number;
  readonly configSettingContractComputeV0: {
    readonly ledgerMaxInstructions: bigint;
    readonly txMaxInstructions: bigint;
    readonly feeRatePerInstructionsIncrement: bigint;
    readonly txMemoryLimit: number;
  };
  readonly configSettingContractLedgerCostV0: {
    readonly ledgerMaxDiskReadEntries: number;
    readonly ledgerMaxDiskReadBytes: number;
    readonly ledgerMaxWriteLedgerEntries: number;
    readonly ledgerMaxWriteBytes: number;
    readonly txMaxDiskReadEntries: number;
    readonly txMaxDiskReadBytes: number;
    readonly txMaxWriteLedgerEntries: number;
    readonly txMaxWriteBytes: number;
    readonly feeDiskReadLedgerEntry: bigint;
    readonly feeWriteLedgerEntry: bigint;
    readonly feeDiskRead1Kb: bigint;
    readonly sorobanStateTargetSizeBytes: bigint;
    readonly rentFee1KbSorobanStateSizeLow: bigint;
    readonly rentFee1KbSorobanStateSizeHigh: bigint;
    readonly sorobanStateRentFeeGrowthFactor: number;
  };
  readonly configSettingContractHistoricalDataV0: { readonly feeHistorical1Kb: bigint };
  readonly configSettingContractEventsV0: {
    readonly txMaxContractEventsSizeBytes: number;
    readonly feeContractEvents1Kb: bigint;
  };
  readonly configSettingContractBandwidthV0: {
    readonly ledgerMaxTxsSizeBytes: number;
    readonly txMaxSizeBytes: number;
    readonly feeTxSize1Kb: bigint;
  };
  readonly configSettingContractCostParamsCpuInstructions: readonly CostParameter[];
  readonly configSettingContractCostParamsMemoryBytes: readonly CostParameter[];
  readonly configSettingContractDataKeySizeBytes: number;
  readonly configSettingContractDataEntrySizeBytes: number;
  readonly configSettingStateArchival: {
    readonly maxEntryTtl: number;
    readonly minTemporaryTtl: number;
    readonly minPersistentTtl: number;
    readonly persistentRentRateDenominator: bigint;
    readonly tempRentRateDenominator: bigint;
    readonly maxEntriesToArchive: number;
    readonly liveSorobanStateSizeWindowSampleSize: number;
    readonly liveSorobanStateSizeWindowSamplePeriod: number;
    readonly evictionScanSize: number;
    readonly startingEvictionScanLevel: number;
  };
  readonly configSettingContractExecutionLanes: { readonly ledgerMaxTxCount: number };
  readonly configSettingLiveSorobanStateSizeWindow: readonly bigint[];
  readonly configSettingEvictionIterator: {
    readonly bucketListLevel: number;
    readonly isCurrBucket: boolean;
    readonly bucketFileOffset: bigint;
  };
  readonly configSettingContractParallelComputeV0: { readonly ledgerMaxDependentTxClusters: number };
  readonly configSettingContractLedgerCostExtV0: {
    readonly txMaxFootprintEntries: number;
    readonly feeWrite1Kb: bigint;
  };
  readonly configSettingScpTiming: {
    readonly ledgerTargetCloseTimeMilliseconds: number;
    readonly nominationTimeoutInitialMilliseconds: number;
    readonly nominationTimeoutIncrementMilliseconds: number;
    readonly ballotTimeoutInitialMilliseconds: number;
    readonly ballotTimeoutIncrementMilliseconds: number;
  };
  readonly configSettingFrozenLedgerKeys: { readonly keys: readonly Uint8Array[] };
  readonly configSettingFrozenLedgerKeysDelta: {
    readonly keysToFreeze: readonly Uint8Array[];
    readonly keysToUnfreeze: readonly Uint8Array[];
  };
  readonly configSettingFreezeBypassTxes: { readonly txHashes: readonly Uint8Array[] };
  readonly configSettingFreezeBypassTxsDelta: {
    readonly addTxes: readonly Uint8Array[];
    readonly removeTxes: readonly Uint8Array[];
  };
}

/** A linear cost: a constant and a factor of the input's size. */
export interface CostParameter {
  readonly ext: ExtensionPoint;
  readonly constTerm: bigint;
  readonly linearTerm: bigint;
}
