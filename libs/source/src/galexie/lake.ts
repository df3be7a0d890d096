import { ParquetryError, rangeLength } from '@parquetry/core';
import { type LakeExtension, type LakeLayout, parseFolderName, parseObjectKey } from '@parquetry/stellar';
import type { LakeStore } from './store';

/** What is known of a lake before a ledger is read. Plain JSON: it is kept in the run's index. */
export interface LakeConfig {
  readonly layout: LakeLayout;
  /** Object name endings to try, the likely one first. */
  readonly extensions: readonly LakeExtension[];
  /** Network passphrase from the manifest. */
  readonly network?: string;
}

/** Endings of object names: Galexie 23 and later, and before. */
const EXTENSIONS: readonly LakeExtension[] = ['zst', 'zstd'];

/** Name of a lake's manifest. */
export const MANIFEST = '.config.json';

/**
 * Reads a lake's manifest or, for lakes older than manifests, finds the layout from the names of its objects.
 * @throws ParquetryError SOURCE_NOT_FOUND for no folder, SOURCE_INVALID for a manifest or folder that is no lake
 */
export async function readLakeConfig(store: LakeStore): Promise<LakeConfig> {
  const names = await store.list('');
  const manifest = names.includes(MANIFEST) ? await store.get(MANIFEST) : undefined;
  return manifest === undefined ? discover(store, names) : parseManifest(store, manifest);
}

function parseManifest(store: LakeStore, bytes: Buffer): LakeConfig {
  const fail = (why: string): never => {
    throw invalid(store, `its ${MANIFEST} ${why}`);
  };
  let manifest: unknown;
  try {
    manifest = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('is not JSON');
  }
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest))
    return fail('is no JSON object');
  const { compression, networkPassphrase, ledgersPerBatch, batchesPerPartition } = manifest as Readonly<
    Record<string, unknown>
  >;
  if (compression !== undefined && compression !== 'zstd')
    return fail(`says compression ${JSON.stringify(compression)}, which is not zstd`);
  if (!isCount(ledgersPerBatch) || ledgersPerBatch === 0)
    return fail('has no ledgersPerBatch that is a whole number from 1');
  if (!isCount(batchesPerPartition)) return fail('has no batchesPerPartition that is a whole number');
  if (ledgersPerBatch * batchesPerPartition > 0xffffffff)
    return fail('describes partitions wider than 32 bits');
  if (networkPassphrase !== undefined && (typeof networkPassphrase !== 'string' || networkPassphrase === ''))
    return fail('has a networkPassphrase that is no text');
  return {
    layout: { ledgersPerBatch, batchesPerPartition },
    extensions: EXTENSIONS,
    ...(networkPassphrase === undefined ? {} : { network: networkPassphrase }),
  };
}

/** One ledger an object is the default of old lakes; names that say otherwise are believed. */
async function discover(store: LakeStore, names: readonly string[]): Promise<LakeConfig> {
  const object = names.flatMap((name) => parseObjectKey(name) ?? [])[0];
  if (object !== undefined)
    return config({ ledgersPerBatch: rangeLength(object), batchesPerPartition: 1 }, object.extension);
  const folder = names.find((name) => name.endsWith('/') && parseFolderName(name) !== undefined);
  const partition = folder === undefined ? undefined : parseFolderName(folder);
  if (folder === undefined || partition === undefined)
    throw invalid(store, `it has no ${MANIFEST} and no ledger objects (HEX--LEDGER.xdr.zst)`);
  const inner = (await store.list(folder)).flatMap((name) => parseObjectKey(name) ?? [])[0];
  const ledgersPerBatch = inner === undefined ? 1 : rangeLength(inner);
  const batchesPerPartition = Math.ceil(rangeLength(partition) / ledgersPerBatch);
  return config({ ledgersPerBatch, batchesPerPartition }, inner?.extension);
}

function config(layout: LakeLayout, extension: LakeExtension | undefined): LakeConfig {
  return { layout, extensions: extension === 'zstd' ? ['zstd', 'zst'] : EXTENSIONS };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

function invalid(store: LakeStore, why: string): ParquetryError {
  return new ParquetryError('SOURCE_INVALID', `${store.uri} is not a Galexie lake: ${why}.`, {
    hint: 'Name the folder that holds .config.json or the ledger objects: galexie:PATH.',
  });
}
