import { LEDGER_TYPES, ParquetryError, isLedgerUri, isProcessorUri } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import {
  type NdjsonOptions,
  type Source,
  answersSpec,
  openLedgerSource,
  openNdjsonSource,
  openProcessorSource,
} from '@parquetry/source';
import type { RunSpec } from '@parquetry/workflows';
import { type AllowList, assertSource, assertSourceFile } from './allowlist';

/**
 * Opens the source that a run names. `schemas` are the base schemas of inference: predefined, or the newest registered
 * ones.
 * @throws ParquetryError SOURCE_INVALID, SOURCE_NOT_FOUND, LOCATION_REFUSED, and the errors of an `ObjectStore` for
 *   remote ones
 */
export async function openSource(
  spec: RunSpec,
  schemas: ReadonlyMap<string, TableSchema>,
  allow: AllowList = {},
): Promise<Source> {
  const { uri } = spec.source;
  assertSource(allow, uri);
  const colon = uri.indexOf(':');
  const [kind, rest] = [uri.slice(0, colon), uri.slice(colon + 1)];
  if (isLedgerUri(uri)) return openLedgerSource(uri);
  if (isProcessorUri(uri)) return openProcessorSource(uri, spec, messageOptions(spec, schemas, allow));
  if (kind === 'ndjson') return openNdjsonSource(rest, messageOptions(spec, schemas, allow));
  throw new ParquetryError('SOURCE_INVALID', `There is no source "${kind}:".`, {
    hint: 'Use ndjson:FILES, galexie:FOLDER, rpc:URL, http(s)://… or processor:NAME; files and folders may be on s3:// or gs://.',
  });
}

/** The files of a run's messages, as the readers of messages name them. */
export function messageFiles({ source, range, partitionSize }: RunSpec): string {
  return isProcessorUri(source.uri)
    ? answersSpec(source.uri, range, partitionSize)
    : source.uri.slice('ndjson:'.length);
}

/** The pipeline's metadata in a message, which `include_metadata: false` omits. */
const METADATA_KEYS = ['archive_metadata'];

/** How a run's messages are read. */
export function messageOptions(
  { source, nested, settings }: Pick<RunSpec, 'source' | 'nested' | 'settings'>,
  schemas: ReadonlyMap<string, TableSchema>,
  allow: AllowList = {},
): NdjsonOptions {
  const { messageType, defaultType, closeTime, ledger } = source;
  return {
    schemas,
    ...(allow.sources === undefined ? {} : { assertFile: (file) => assertSourceFile(allow, file) }),
    ...(messageType === undefined ? {} : { messageType }),
    ...(defaultType === undefined ? {} : { defaultType }),
    ...(closeTime === undefined ? {} : { closeTimePaths: closeTime }),
    ...(ledger === undefined ? {} : { ledgerPaths: ledger }),
    ...(nested === undefined ? {} : { nesting: nested }),
    ...(settings.metadata === false ? { leaveOut: METADATA_KEYS } : {}),
  };
}

/**
 * Checks that the source exists and, for a lake, has the requested message types, without reading it.
 * @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_INVALID, MESSAGE_TYPE_UNKNOWN
 */
export async function checkSource(spec: RunSpec): Promise<void> {
  await openSource(spec, new Map());
  if (isLedgerUri(spec.source.uri)) checkLakeTypes(spec.types ?? []);
}

/** @throws ParquetryError MESSAGE_TYPE_UNKNOWN */
export function checkLakeTypes(types: readonly string[]): void {
  for (const type of types)
    if (!LEDGER_TYPES.some((known) => known === type))
      throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `Ledgers give no message type "${type}".`, {
        hint: `They give ${LEDGER_TYPES.join(', ')}.`,
      });
}

const NETWORKS: Readonly<Record<string, string>> = {
  'Public Global Stellar Network ; September 2015': 'pubnet',
  'Test SDF Network ; September 2015': 'testnet',
  'Test SDF Future Network ; October 2022': 'futurenet',
};

/** The short name of a network by its passphrase; else the passphrase itself. */
export function networkName(passphrase: string): string {
  return NETWORKS[passphrase] ?? passphrase;
}
