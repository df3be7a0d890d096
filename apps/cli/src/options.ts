import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import {
  CODECS,
  type Codec,
  type Layout,
  ParquetryError,
  type WriteSettings,
  assertMessageType,
  assertPartitionSize,
  parseLedgerRange,
  parseStorageUri,
} from '@parquetry/core';
import { expandPath } from '@parquetry/storage';
import type { BackfillInput, OnFailure, SourceSpec, VerifyLevel } from '@parquetry/workflows';
import { InvalidArgumentError } from 'commander';

/** Limits of the worker in this process. */
export interface WorkerSettings {
  /** DuckDB's memory limit, bytes. */
  readonly memoryBytes: number;
  readonly threads: number;
  readonly slots: number;
}

/** Options of `backfill` and `plan` as commander gives them. */
export interface BackfillOptions {
  readonly source: string;
  readonly archive: string;
  readonly ledgers: string;
  readonly types?: string;
  readonly partitionSize: number;
  readonly layout: string;
  readonly ledgersPerFolder: number;
  readonly compression: string;
  readonly compressionLevel?: number;
  readonly bufferSize?: number;
  readonly maxFileSizeMb?: number;
  readonly concurrency: number;
  readonly maxParked: number;
  readonly maxRejects: number;
  readonly onFailure: string;
  readonly verify: string;
  readonly messageType?: string;
  readonly defaultType?: string;
  readonly closeTime?: readonly string[];
  readonly ledgerPath?: readonly string[];
  readonly network?: string;
}

/** Commander parser: a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''));
    if (!/^[\d_]+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** Commander parser: bytes such as `512MB`, `1.5GB`, `2GiB`. */
export function byteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMG]i?)?B?$/.exec(text.trim());
  const factors: Record<string, number> = {
    k: 1e3,
    K: 1e3,
    M: 1e6,
    G: 1e9,
    ki: 2 ** 10,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
  };
  if (match === null) throw new InvalidArgumentError('Expected a size such as 512MB or 2GiB.');
  return Math.floor(Number(match[1]) * (match[2] === undefined ? 1 : (factors[match[2]] ?? 1)));
}

/** Commander collector for options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** What the in-process worker may use when nothing is said: half the memory, all cores, a step a core and one more. */
export function defaultWorkerSettings(): WorkerSettings {
  const cores = availableParallelism();
  return {
    memoryBytes: Math.min(Math.floor(totalmem() / 2), 4e9),
    threads: cores,
    slots: Math.min(cores + 1, 8),
  };
}

/** The archive root with a local path made absolute: workers have another working directory. */
export function archiveRoot(text: string): string {
  const uri = parseStorageUri(text);
  return uri.scheme === 'file' ? path.resolve(expandPath(uri.path)) : text;
}

/** Source URIs by their scheme, local paths made absolute. */
export function sourceUri(text: string): string {
  const match = /^([a-z0-9+]+):(.+)$/s.exec(text);
  const hint = 'Use ndjson:FILES (paths or globs, separated by commas) or galexie:FOLDER.';
  if (match === null)
    throw new ParquetryError('SOURCE_INVALID', `"${text}" does not say what kind of source it is.`, { hint });
  const [, kind = '', rest = ''] = match;
  if (/^(s3|gs):\/\//.test(rest))
    throw new ParquetryError(
      'NOT_AVAILABLE',
      `Sources on ${rest.slice(0, 2)}:// are not available in this version.`,
      {
        hint: 'Copy the files to local disk and name the folder.',
      },
    );
  if (kind === 'galexie') return `galexie:${path.resolve(expandPath(rest))}`;
  if (kind === 'ndjson')
    return `ndjson:${rest
      .split(',')
      .map((part) => path.resolve(expandPath(part)))
      .join(',')}`;
  if (kind === 'rpc')
    throw new ParquetryError('NOT_AVAILABLE', 'The source rpc: is not available in this version.', { hint });
  throw new ParquetryError('SOURCE_INVALID', `There is no source "${kind}:".`, { hint });
}

/**
 * Checks every option before anything is started or written.
 * @throws ParquetryError with exit code 2, naming the option
 */
export function backfillInput(options: BackfillOptions): BackfillInput {
  assertPartitionSize(options.partitionSize);
  const types = options.types?.split(',').map((name) => name.trim());
  types?.forEach(assertMessageType);
  if (types !== undefined && new Set(types).size !== types.length)
    throw new ParquetryError('USAGE', `--types names a message type twice: ${types.join(',')}.`);
  return {
    spec: {
      source: sourceSpec(options),
      archive: archiveRoot(options.archive),
      ...(options.network === undefined ? {} : { network: options.network }),
      range: parseLedgerRange(options.ledgers),
      partitionSize: options.partitionSize,
      ...(types === undefined ? {} : { types }),
      settings: writeSettings(options),
      maxRejects: options.maxRejects,
      verify: oneOf<VerifyLevel>('--verify', options.verify, ['ledger', 'full']),
    },
    concurrency: options.concurrency,
    maxParked: options.maxParked,
    onFailure: oneOf<OnFailure>('--on-failure', options.onFailure, ['park', 'fail']),
  };
}

function sourceSpec(options: BackfillOptions): SourceSpec {
  const { messageType, defaultType } = options;
  for (const name of [messageType, defaultType]) if (name !== undefined) assertMessageType(name);
  return {
    uri: sourceUri(options.source),
    ...(messageType === undefined ? {} : { messageType }),
    ...(defaultType === undefined ? {} : { defaultType }),
    ...(options.closeTime === undefined ? {} : { closeTime: assignments('--close-time', options.closeTime) }),
    ...(options.ledgerPath === undefined ? {} : { ledger: assignments('--ledger-path', options.ledgerPath) }),
  };
}

function writeSettings(options: BackfillOptions): WriteSettings {
  const { compressionLevel, bufferSize, maxFileSizeMb } = options;
  if (compressionLevel !== undefined && options.compression !== 'zstd')
    throw new ParquetryError(
      'CODEC_UNSUPPORTED',
      `--compression-level is for zstd; ${options.compression} has no level.`,
    );
  return {
    compression: oneOf<Codec>('--compression', options.compression, CODECS),
    layout: parseLayout(options.layout, options.ledgersPerFolder),
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    ...(bufferSize === undefined ? {} : { maxRowsPerFile: bufferSize }),
    ...(maxFileSizeMb === undefined ? {} : { maxFileBytes: maxFileSizeMb * 1_000_000 }),
  };
}

function parseLayout(name: string, width: number): Layout {
  const kind = oneOf('--layout', name, ['ledger_day', 'ledger_range', 'hour'] as const);
  return kind === 'ledger_range' ? { kind, width } : { kind };
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined)
    throw new ParquetryError('USAGE', `${option} ${value} is not known; use one of ${allowed.join(', ')}.`);
  return found;
}

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
