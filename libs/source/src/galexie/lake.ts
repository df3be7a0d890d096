import { ParquetryError, rangeLength } from '@parquetry/core';
import { type LakeExtension, type LakeLayout, parseFolderName, parseObjectKey } from '@parquetry/stellar';
import type { LakeStore } from './store';

/** Properties of a lake, read before any ledger. JSON, because the run's index contains them. */
export interface LakeConfig {
  readonly layout: LakeLayout;
  /** File extensions of objects to try, most likely first. */
  readonly extensions: readonly LakeExtension[];
  /** The network passphrase in the manifest. */
  readonly network?: string;
}

/** File extensions of objects: Galexie 23 and later, and earlier versions. */
const EXTENSIONS: readonly LakeExtension[] = ['zst', 'zstd'];

/** File name of a lake's manifest. */
const MANIFEST = '.config.json';

/**
 * Reads a lake's manifest. For a lake without one (older Galexie), derives the layout from its object names.
 * @throws ParquetryError SOURCE_NOT_FOUND if there is no folder, SOURCE_INVALID if it or its manifest is not a lake's
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
    return fail('is not a JSON object');
  const { compression, networkPassphrase, ledgersPerBatch, batchesPerPartition } = manifest as Readonly<
    Record<string, unknown>
  >;
  if (compression !== undefined && compression !== 'zstd')
    return fail(`has compression ${JSON.stringify(compression)}; only zstd is supported`);
  if (!isCount(ledgersPerBatch) || ledgersPerBatch === 0)
    return fail('needs ledgersPerBatch, a whole number from 1');
  if (!isCount(batchesPerPartition)) return fail('needs batchesPerPartition, a whole number');
  if (ledgersPerBatch * batchesPerPartition > 0xffffffff)
    return fail('describes partitions wider than 32 bits');
  if (networkPassphrase !== undefined && (typeof networkPassphrase !== 'string' || networkPassphrase === ''))
    return fail('has a networkPassphrase that is not a string');
  return {
    layout: { ledgersPerBatch, batchesPerPartition },
    extensions: EXTENSIONS,
    ...(networkPassphrase === undefined ? {} : { network: networkPassphrase }),
  };
}

/** Old lakes have one ledger per object by default. Object names with a range override this. */
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
    hint: 'Give the folder that contains .config.json or the ledger objects: galexie:PATH.',
  });
}
