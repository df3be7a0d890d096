import { SETTING_COLUMNS } from '../schemas/configsettings';
import { hex } from '../bytes';
import type { ConfigSettingEntry, ConfigSettings, CostParameter } from '../xdr/settings';
import { entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns } from './entrycolumns';
import type { Row } from './row';

/** The rows of `config_settings`: columns of other settings are null. */
export function* settingRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'configSetting')) {
    const { data, entry } = change;
    yield {
      // The entry begins with its kind, then the number of the setting.
      config_setting_id: context.bytes.readInt32BE(entry.data.xdrStart + 4),
      ...NO_SETTING,
      ...columnsOf(data),
      ...entryColumns(context, change),
    };
  }
}

function columnsOf<Name extends keyof ConfigSettings>(
  entry: ConfigSettingEntry & { readonly type: Name },
): Row {
  const columns = COLUMNS[entry.type] as (value: unknown) => Row;
  return columns(entry.value);
}

/** The columns of each setting; older names of a column have the same value. */
const COLUMNS: { readonly [Name in keyof ConfigSettings]: (value: ConfigSettings[Name]) => Row } = {
  configSettingContractMaxSizeBytes: (value) => ({ contract_max_size_bytes: value }),
  configSettingContractComputeV0: (value) => ({
    ledger_max_instructions: value.ledgerMaxInstructions,
    tx_max_instructions: value.txMaxInstructions,
    fee_rate_per_instructions_increment: value.feeRatePerInstructionsIncrement,
    tx_memory_limit: value.txMemoryLimit,
  }),
  configSettingContractLedgerCostV0: (value) => ({
    ledger_max_read_ledger_entries: value.ledgerMaxDiskReadEntries,
    ledger_max_disk_read_entries: value.ledgerMaxDiskReadEntries,
    ledger_max_read_bytes: value.ledgerMaxDiskReadBytes,
    ledger_max_disk_read_bytes: value.ledgerMaxDiskReadBytes,
    ledger_max_write_ledger_entries: value.ledgerMaxWriteLedgerEntries,
    ledger_max_write_bytes: value.ledgerMaxWriteBytes,
    tx_max_read_ledger_entries: value.txMaxDiskReadEntries,
    tx_max_disk_read_entries: value.txMaxDiskReadEntries,
    tx_max_read_bytes: value.txMaxDiskReadBytes,
    tx_max_disk_read_bytes: value.txMaxDiskReadBytes,
    tx_max_write_ledger_entries: value.txMaxWriteLedgerEntries,
    tx_max_write_bytes: value.txMaxWriteBytes,
    fee_read_ledger_entry: value.feeDiskReadLedgerEntry,
    fee_disk_read_ledger_entry: value.feeDiskReadLedgerEntry,
    fee_write_ledger_entry: value.feeWriteLedgerEntry,
    fee_read_1kb: value.feeDiskRead1Kb,
    fee_disk_read_1kb: value.feeDiskRead1Kb,
    bucket_list_target_size_bytes: value.sorobanStateTargetSizeBytes,
    soroban_state_target_size_bytes: value.sorobanStateTargetSizeBytes,
    write_fee_1kb_bucket_list_low: value.rentFee1KbSorobanStateSizeLow,
    rent_fee_1kb_soroban_state_size_low: value.rentFee1KbSorobanStateSizeLow,
    write_fee_1kb_bucket_list_high: value.rentFee1KbSorobanStateSizeHigh,
    rent_fee_1kb_soroban_state_size_high: value.rentFee1KbSorobanStateSizeHigh,
    bucket_list_write_fee_growth_factor: value.sorobanStateRentFeeGrowthFactor,
    soroban_state_rent_fee_growth_factor: value.sorobanStateRentFeeGrowthFactor,
  }),
  configSettingContractHistoricalDataV0: (value) => ({ fee_historical_1kb: value.feeHistorical1Kb }),
  configSettingContractEventsV0: (value) => ({
    tx_max_contract_events_size_bytes: value.txMaxContractEventsSizeBytes,
    fee_contract_events_1kb: value.feeContractEvents1Kb,
  }),
  configSettingContractBandwidthV0: (value) => ({
    ledger_max_txs_size_bytes: value.ledgerMaxTxsSizeBytes,
    tx_max_size_bytes: value.txMaxSizeBytes,
    fee_tx_size_1kb: value.feeTxSize1Kb,
  }),
  configSettingContractCostParamsCpuInstructions: (value) => ({
    contract_cost_params_cpu_insns: costsJson(value),
  }),
  configSettingContractCostParamsMemoryBytes: (value) => ({
    contract_cost_params_mem_bytes: costsJson(value),
  }),
  configSettingContractDataKeySizeBytes: (value) => ({ contract_data_key_size_bytes: value }),
  configSettingContractDataEntrySizeBytes: (value) => ({ contract_data_entry_size_bytes: value }),
  configSettingStateArchival: (value) => ({
    max_entry_ttl: value.maxEntryTtl,
    min_temporary_ttl: value.minTemporaryTtl,
    min_persistent_ttl: value.minPersistentTtl,
    persistent_rent_rate_denominator: value.persistentRentRateDenominator,
    temp_rent_rate_denominator: value.tempRentRateDenominator,
    max_entries_to_archive: value.maxEntriesToArchive,
    bucket_list_size_window_sample_size: value.liveSorobanStateSizeWindowSampleSize,
    live_soroban_state_size_window_sample_size: value.liveSorobanStateSizeWindowSampleSize,
    live_soroban_state_size_window_sample_period: value.liveSorobanStateSizeWindowSamplePeriod,
    eviction_scan_size: value.evictionScanSize,
    starting_eviction_scan_level: value.startingEvictionScanLevel,
  }),
  configSettingContractExecutionLanes: (value) => ({ ledger_max_tx_count: value.ledgerMaxTxCount }),
  configSettingLiveSorobanStateSizeWindow: (value) => ({
    bucket_list_size_window: value,
    live_soroban_state_size_window: value,
  }),
  configSettingEvictionIterator: (value) => ({
    eviction_bucket_list_level: value.bucketListLevel,
    eviction_is_curr_bucket: value.isCurrBucket,
    eviction_bucket_file_offset: value.bucketFileOffset,
  }),
  configSettingContractParallelComputeV0: (value) => ({
    ledger_max_dependent_tx_clusters: value.ledgerMaxDependentTxClusters,
  }),
  configSettingContractLedgerCostExtV0: (value) => ({
    tx_max_footprint_entries: value.txMaxFootprintEntries,
    fee_write_1kb: value.feeWrite1Kb,
  }),
  configSettingScpTiming: (value) => ({
    ledger_target_close_time_milliseconds: value.ledgerTargetCloseTimeMilliseconds,
    nomination_timeout_initial_milliseconds: value.nominationTimeoutInitialMilliseconds,
    nomination_timeout_increment_milliseconds: value.nominationTimeoutIncrementMilliseconds,
    ballot_timeout_initial_milliseconds: value.ballotTimeoutInitialMilliseconds,
    ballot_timeout_increment_milliseconds: value.ballotTimeoutIncrementMilliseconds,
  }),
  configSettingFrozenLedgerKeys: (value) => ({ frozen_ledger_keys: value.keys.map(base64) }),
  configSettingFrozenLedgerKeysDelta: (value) => ({
    frozen_ledger_keys_to_freeze: value.keysToFreeze.map(base64),
    frozen_ledger_keys_to_unfreeze: value.keysToUnfreeze.map(base64),
  }),
  configSettingFreezeBypassTxes: (value) => ({ freeze_bypass_txs: value.txHashes.map(hex) }),
  configSettingFreezeBypassTxsDelta: (value) => ({
    freeze_bypass_txs_to_add: value.addTxes.map(hex),
    freeze_bypass_txs_to_remove: value.removeTxes.map(hex),
  }),
};

/** Every column that belongs to a setting, as null. */
const NO_SETTING: Row = Object.fromEntries(SETTING_COLUMNS.map(([name]) => [name, null]));

function costsJson(costs: readonly CostParameter[]): string {
  const items = costs.map(
    ({ ext, constTerm, linearTerm }) =>
      `{"ExtV":"${ext.type}","ConstTerm":"${constTerm}","LinearTerm":"${linearTerm}"}`,
  );
  return `[${items.join(',')}]`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
