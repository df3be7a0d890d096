import type { Codec, ContractMode, Layout } from '@parquetry/core';
import type { OnFailure, RunMode, RunSpec, VerifyLevel } from '@parquetry/workflows';

/** Settings about the type, ledger and close time of messages. */
const MESSAGE_SETTINGS = ['message-type', 'default-type', 'close-time', 'ledger-path'];

/** Settings that affect how messages are stored. */
export const ROW_SETTINGS = [
  'archive',
  'ledgers',
  'types',
  'partition-size',
  'layout',
  'ledgers-per-folder',
  'region',
  'portable-integers',
  'nested',
  'include-metadata',
  'contract-columns',
  'contract-types',
  'max-rejects',
  ...MESSAGE_SETTINGS,
  'network',
];

/** Settings of all commands that write rows: backfills, tails and schedules. */
export const SPEC_SETTINGS = [
  'source',
  'archive',
  'ledgers',
  'types',
  'partition-size',
  'layout',
  'ledgers-per-folder',
  'prefix',
  'region',
  'compression',
  'compression-level',
  'buffer-size',
  'max-file-size-mb',
  'rotation-interval-minutes',
  'sort-by',
  'portable-integers',
  'row-hashes',
  'iceberg',
  'nested',
  'include-metadata',
  'contract-columns',
  'contract-types',
  'compatibility',
  'max-rejects',
  'unknown',
  'verify',
  ...MESSAGE_SETTINGS,
  'network',
];

/** Settings of a run of many partitions. */
export const RUN_SETTINGS = [...SPEC_SETTINGS, 'concurrency', 'max-parked', 'on-failure'];

/** Settings for ledgers that are already committed. */
export const MODE_SETTINGS = ['mode', 'schema', 'keep-replaced'];

/** Required settings of a backfill. */
export const REQUIRED = ['archive', 'source', 'ledgers'];

/** Options about the type, ledger and close time of messages. */
export interface MessageOptions {
  readonly messageType?: string;
  readonly defaultType?: string;
  readonly closeTime?: readonly string[];
  readonly ledgerPath?: readonly string[];
}

/** Options of all commands that write rows, as parsed by commander. */
export interface SpecOptions extends MessageOptions {
  readonly source: string;
  readonly archive: string;
  readonly types?: string;
  readonly partitionSize: number;
  readonly prefix?: string;
  readonly layout: Layout['kind'];
  readonly ledgersPerFolder: number;
  readonly portableIntegers?: boolean;
  readonly rowHashes?: boolean;
  readonly iceberg?: boolean;
  readonly nested?: NonNullable<RunSpec['nested']>;
  readonly includeMetadata?: boolean;
  readonly contractColumns?: ContractMode;
  readonly contractTypes?: ContractMode;
  /** Compatibility modes, in lower case. */
  readonly compatibility?: string;
  readonly compression: Codec;
  readonly compressionLevel?: number;
  readonly bufferSize?: number;
  readonly maxFileSizeMb?: number;
  readonly rotationIntervalMinutes?: number;
  readonly sortBy?: string;
  readonly maxRejects: number;
  readonly unknown?: 'fail' | 'keep';
  readonly verify: VerifyLevel;
  readonly mode?: RunMode;
  readonly schema?: 'committed' | 'latest';
  readonly keepReplaced?: boolean;
  readonly network?: string;
}

/** Options of `backfill` and `plan`, as parsed by commander. */
export interface BackfillOptions extends SpecOptions {
  readonly ledgers: string;
  readonly concurrency: number;
  readonly maxParked: number;
  readonly onFailure: OnFailure;
}
