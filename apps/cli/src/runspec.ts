import path from 'node:path';
import {
  ALL_LEDGERS,
  DEFAULT_CONTRACT,
  DEFAULT_MODE,
  type Layout,
  type LedgerLocation,
  type LedgerRange,
  ParquetryError,
  type TimedRange,
  type WriteSettings,
  assertMessageType,
  assertNoKey,
  assertPartitionSize,
  expandTypes,
  isLedgerUri,
  ledgerLocations,
  masked,
  parseMode,
  parseStorageUri,
  sourceUrl,
} from '@parquetry/core';
import { assertPlain, expandPath, isRemote, keyFault } from '@parquetry/storage';
import type { BackfillInput, RunSpec, SourceSpec } from '@parquetry/workflows';
import type { BackfillOptions, MessageOptions, SpecOptions } from './runoptions';
import type { Noting } from './sayranges';

/** The archive root; a local path is made absolute, because workers have another working directory. */
export function archiveRoot(text: string): string {
  const uri = parseStorageUri(text);
  return uri.scheme === 'file' ? path.resolve(expandPath(uri.path)) : text;
}

/** The location of a source; local paths are made absolute. @throws ParquetryError CONFIG_INVALID */
function sourcePlace(text: string): string {
  if (!isRemote(text)) return path.resolve(expandPath(text));
  // This text is stored in Temporal's history, so it must not contain secrets.
  assertPlain(text);
  parseStorageUri(text);
  return text;
}

function ledgerPlace({ kind, place }: LedgerLocation): string {
  return kind === 'rpc' ? `rpc:${httpAddress(place)}` : `galexie:${sourcePlace(place)}`;
}

/** @throws ParquetryError SOURCE_INVALID for an address that may hold a secret */
function httpAddress(text: string): string {
  const url = sourceUrl(text);
  assertNoKey(url);
  return url.href;
}

/** @throws ParquetryError SOURCE_INVALID */
function processorName(name: string): string {
  if (/^[\w.-]{1,64}$/.test(name)) return `processor:${name}`;
  throw new ParquetryError(
    'SOURCE_INVALID',
    'The name of a processor may have letters, digits, ".", "_" and "-".',
    {
      hint: 'PARQUETRY_PROCESSORS of the worker defines its command (docs/processors.md).',
    },
  );
}

/** Validates a source URI and makes local paths absolute. @throws ParquetryError SOURCE_INVALID, CONFIG_INVALID */
export function sourceUri(text: string): string {
  const match = /^([a-z0-9+]+):(.+)$/s.exec(text);
  const hint =
    'Use ndjson:FILES (paths, s3:// or gs:// objects, globs, separated by commas), galexie:FOLDER (also s3://… or gs://…), rpc:URL, galexie:FOLDER,rpc:URL, https://… or processor:NAME.';
  if (isRemote(text)) {
    assertPlain(text);
    throw new ParquetryError(
      'SOURCE_INVALID',
      `"${masked(text)}" has no source type: put galexie: or ndjson: in front of it.`,
      { hint },
    );
  }
  if (match === null)
    throw new ParquetryError('SOURCE_INVALID', `"${masked(text)}" has no source type.`, { hint });
  const [, kind = '', rest = ''] = match;
  if (isLedgerUri(text)) return ledgerLocations(text).map(ledgerPlace).join(',');
  if (kind === 'http' || kind === 'https') return httpAddress(text);
  if (kind === 'processor') return processorName(rest);
  if (kind === 'ndjson')
    return `ndjson:${rest
      .split(',')
      .map((part) => sourcePlace(part.trim()))
      .join(',')}`;
  throw new ParquetryError('SOURCE_INVALID', `There is no source type "${kind}:".`, { hint });
}

/** The ranges of a run's `--ledgers`, printed. @throws ParquetryError with exit code 2; the errors of the source */
export function runRanges(
  options: BackfillOptions,
  output: Noting,
  how: { readonly timed?: boolean } = {},
): Promise<TimedRange[]> {
  const { sourceRanges } = require('./sourceledgers') as typeof import('./sourceledgers');
  return sourceRanges(runSpec(options, { range: ALL_LEDGERS }), options.ledgers, output, how);
}

/**
 * Checks every option before anything is started or written.
 * @throws ParquetryError with exit code 2, naming the option
 */
export function backfillInput(options: BackfillOptions, range: LedgerRange): BackfillInput {
  const { concurrency, maxParked, onFailure } = options;
  return { spec: runSpec(options, { range }), concurrency, maxParked, onFailure };
}

/**
 * The specification of a run, with its range if known.
 * @throws ParquetryError with exit code 2, naming the option
 */
export function runSpec<T extends Partial<Pick<RunSpec, 'range'>>>(
  options: SpecOptions,
  range: T,
): Omit<RunSpec, 'range'> & T {
  assertPartitionSize(options.partitionSize);
  const uri = sourceUri(options.source);
  const names = options.types?.split(',').map((name) => name.trim());
  names?.forEach(assertMessageType);
  if (names !== undefined && new Set(names).size !== names.length)
    throw new ParquetryError('USAGE', `--types repeats a message type: ${names.join(',')}.`);
  // Messages may have a type with the name of a group; groups are for sources of ledgers.
  const types = names === undefined || uri.startsWith('ndjson:') ? names : expandTypes(names);
  return {
    source: { uri, ...messageSpec(options) },
    archive: archiveRoot(options.archive),
    ...(options.network === undefined ? {} : { network: options.network }),
    ...(options.prefix === undefined ? {} : { prefix: folderPrefix(options.prefix) }),
    // The id of a run is derived from these keys, in this order.
    ...range,
    ...(options.nested === undefined ? {} : { nested: options.nested }),
    partitionSize: options.partitionSize,
    ...(types === undefined ? {} : { types }),
    settings: writeSettings(options),
    ...contractSpec(options),
    ...compatibilitySpec(options),
    ...(options.schema === 'latest' ? { schema: options.schema } : {}),
    maxRejects: options.maxRejects,
    verify: options.verify,
    ...(options.mode === 'replace' ? { mode: options.mode } : {}),
    ...(options.keepReplaced === true ? { keepReplaced: true } : {}),
    ...(options.unknown === 'keep' ? { unknown: options.unknown } : {}),
    ...(options.rowHashes === undefined ? {} : { rowHashes: options.rowHashes }),
    ...icebergSpec(options),
  };
}

/** @throws ParquetryError ICEBERG_UNSUPPORTED for a path that the readers of Iceberg tables misread */
function icebergSpec({
  iceberg,
  archive,
}: Pick<SpecOptions, 'iceberg' | 'archive'>): Pick<RunSpec, 'iceberg'> {
  if (iceberg !== true) return {};
  const { icebergRoot } = require('@parquetry/iceberg') as typeof import('@parquetry/iceberg');
  icebergRoot(archiveRoot(archive));
  return { iceberg: true };
}

/** The contract, if it is not the default. */
function contractSpec({
  contractColumns: columns = DEFAULT_CONTRACT.columns,
  contractTypes: types = DEFAULT_CONTRACT.types,
}: Pick<SpecOptions, 'contractColumns' | 'contractTypes'>): Pick<RunSpec, 'contract'> {
  const contract = {
    ...(columns === DEFAULT_CONTRACT.columns ? {} : { columns }),
    ...(types === DEFAULT_CONTRACT.types ? {} : { types }),
  };
  return Object.keys(contract).length === 0 ? {} : { contract };
}

/** The compatibility mode for new versions, if it is not the default. */
function compatibilitySpec({
  compatibility = DEFAULT_MODE,
}: Pick<SpecOptions, 'compatibility'>): Pick<RunSpec, 'compatibility'> {
  const mode = parseMode(compatibility);
  return mode === DEFAULT_MODE ? {} : { compatibility: mode };
}

/** Paths of type, ledger and close time, from options. @throws ParquetryError USAGE, MESSAGE_TYPE_INVALID */
function messageSpec(options: MessageOptions): Omit<SourceSpec, 'uri'> {
  const { messageType, defaultType } = options;
  for (const name of [messageType, defaultType]) if (name !== undefined) assertMessageType(name);
  return {
    ...(messageType === undefined ? {} : { messageType }),
    ...(defaultType === undefined ? {} : { defaultType }),
    ...(options.closeTime === undefined ? {} : { closeTime: assignments('--close-time', options.closeTime) }),
    ...(options.ledgerPath === undefined ? {} : { ledger: assignments('--ledger-path', options.ledgerPath) }),
  };
}

function writeSettings(options: SpecOptions): WriteSettings {
  const { compression, compressionLevel, bufferSize, maxFileSizeMb, iceberg } = options;
  // Iceberg has no unsigned integers.
  const { portableIntegers = iceberg === true ? true : undefined } = options;
  if (iceberg === true && portableIntegers === false)
    throw new ParquetryError(
      'USAGE',
      '--iceberg needs --portable-integers: Iceberg has no unsigned integers.',
    );
  const sortBy = options.sortBy?.split(',').map((name) => name.trim());
  if (compressionLevel !== undefined && compression !== 'zstd')
    throw new ParquetryError(
      'CODEC_UNSUPPORTED',
      `--compression-level is for zstd; ${compression} has no level.`,
    );
  return {
    compression,
    layout: layoutOf(options),
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    ...(bufferSize === undefined ? {} : { maxRowsPerFile: bufferSize }),
    ...(maxFileSizeMb === undefined ? {} : { maxFileBytes: maxFileSizeMb * 1_000_000 }),
    ...(sortBy === undefined ? {} : { sortBy }),
    ...(portableIntegers === undefined ? {} : { integers: portableIntegers ? 'signed' : 'unsigned' }),
    ...(options.includeMetadata === false ? { metadata: false } : {}),
  };
}

/** The layout from the options. */
function layoutOf({
  layout: kind,
  ledgersPerFolder: width,
}: Pick<SpecOptions, 'layout' | 'ledgersPerFolder'>): Layout {
  return kind === 'ledger_range' ? { kind, width } : { kind };
}

/**
 * The folder of the datasets below the archive's root, without leading and trailing slashes; empty for the root.
 * @throws ParquetryError CONFIG_INVALID for text that can't be part of a key, or is reserved by the archive
 */
function folderPrefix(text: string): string {
  const prefix = text
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  if (prefix === '') return '';
  const fault = keyFault(prefix) ?? (/^_parquetry(\/|$)/.test(prefix) ? '_parquetry is reserved' : undefined);
  if (fault !== undefined)
    throw new ParquetryError('CONFIG_INVALID', `${JSON.stringify(text)} can't be a prefix: ${fault}.`);
  return prefix;
}

/** `type=path` pairs by type. @throws ParquetryError USAGE, MESSAGE_TYPE_INVALID */
function assignments(option: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const [type = '', where = '', ...more] = text.split('=');
      if (type === '' || where === '' || more.length > 0)
        throw new ParquetryError(
          'USAGE',
          `${option} ${text} is not TYPE=PATH, for example payment=timestamp.`,
        );
      assertMessageType(type);
      return [type, where];
    }),
  );
}
