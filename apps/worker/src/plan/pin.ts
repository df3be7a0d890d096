import { Archive, type RegisterOptions, parseDataset } from '@parquetry/archive';
import { ParquetryError, isParquetryError, mergeIntervals, subtractIntervals } from '@parquetry/core';
import { type TableSchema, schemaFingerprint } from '@parquetry/schema';
import type { SourceDataset } from '@parquetry/source';
import type { ObjectStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { DATASETS_AT_ONCE, inBatches } from '../batches';
import { committedVersions } from './committed';
import { registerOptions } from './contract';
import { type RangeIndex, indexRange } from './indexrange';
import type { CommittedVersion, StoredPlan } from './stored';

const MAX_ATTEMPTS = 5;

/** An indexed run, with one version of each schema for all of its partitions. */
export interface PinnedRun extends RangeIndex {
  /** Ledgers to replace that keep their committed version; see `StoredPlan`. */
  readonly committed?: NonNullable<StoredPlan['committed']>;
}

/**
 * Indexes a run, creates its archive and registers its schemas, so that all of its partitions are pulled and written
 * with one version each. Concurrent registrations of other runs are merged (see `SchemaRegistry.extend`); when they are
 * incompatible, the run is indexed again on top of them.
 * @throws ParquetryError as `indexRange`; SCHEMA_CONFLICT, COMMIT_CONTENDED
 */
export async function pinRun(
  store: ObjectStore,
  requested: RunSpec,
  options: Parameters<typeof indexRange>[2],
): Promise<PinnedRun> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const indexed = await indexRange(store, requested, options);
    const archive = await Archive.open(store, { create: indexed.identity });
    const mode = registerOptions(indexed.spec);
    const committed: Record<string, readonly CommittedVersion[]> = {};
    const datasets = await inBatches(
      indexed.index.datasets,
      async (entry) => {
        const kept = await keptVersions(archive, indexed.spec, entry);
        if (kept.length > 0) committed[entry.dataset] = kept;
        const used = !indexed.exists || (await isUsed(archive, indexed.spec, entry.dataset, kept));
        return used ? registerSchema(archive, entry, indexed.known, mode) : entry;
      },
      DATASETS_AT_ONCE,
    );
    const whole = datasets.filter((entry) => entry !== undefined);
    if (whole.length < datasets.length) continue;
    const index = { ...indexed.index, datasets: whole };
    return { ...indexed, index, ...(Object.keys(committed).length === 0 ? {} : { committed }) };
  }
  throw new ParquetryError(
    'COMMIT_CONTENDED',
    `Other runs changed the schemas of ${requested.archive} ${MAX_ATTEMPTS} times while this one indexed its source.`,
    { hint: 'Start it again when they are done.' },
  );
}

/** A `replace` run keeps the committed versions, unless it requests the newest. */
async function keptVersions(
  archive: Archive,
  { mode, schema: which, range }: RunSpec,
  { dataset, schema }: SourceDataset,
): Promise<readonly CommittedVersion[]> {
  return mode === 'replace' && which !== 'latest' ? committedVersions(archive, dataset, range, schema) : [];
}

/** Whether any ledger of the run is written with the run's schema. */
async function isUsed(
  archive: Archive,
  { mode, range }: RunSpec,
  dataset: string,
  kept: readonly CommittedVersion[],
): Promise<boolean> {
  const done =
    mode === 'replace'
      ? mergeIntervals(kept.map((entry) => entry.range))
      : (await archive.dataset(dataset).snapshot()).coverage;
  return subtractIntervals(range, done).length > 0;
}

/**
 * The dataset with its registered schema; undefined when another run registered an incompatible schema since `known`
 * was read.
 * @param known base schemas of inference by message type
 * @throws ParquetryError SCHEMA_CONFLICT
 */
export async function registerSchema<T extends SourceDataset>(
  { registry }: Archive,
  entry: T,
  known: ReadonlyMap<string, TableSchema>,
  options: RegisterOptions,
): Promise<T | undefined> {
  try {
    const { schema } = await registry.extend(entry.dataset, entry.schema, options);
    return { ...entry, schema };
  } catch (error) {
    if (!isParquetryError(error) || error.code !== 'SCHEMA_CONFLICT') throw error;
    const base = known.get(parseDataset(entry.dataset).messageType);
    const latest = await registry.latest(entry.dataset);
    const same =
      latest === undefined ||
      (base !== undefined && schemaFingerprint(base) === schemaFingerprint(latest.schema));
    if (same) throw error;
    return undefined;
  }
}
