import { createHash } from 'node:crypto';
import { REUSE_MS } from '@parquetry/archive';
import { type LedgerRange, ParquetryError, isParquetryError } from '@parquetry/core';
import { type TableSchema, canonicalJson } from '@parquetry/schema';
import type { SourceIndex } from '@parquetry/source';
import type { ObjectStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { whileRunning } from '../shared';

/** Ledgers that are committed with another schema version than the run's, in ledger order. */
export interface CommittedVersion {
  readonly range: LedgerRange;
  readonly version: number;
}

/** Everything that the steps of a run need, stored once in the archive, where any worker can read it. */
export interface StoredPlan {
  readonly format: 1;
  readonly spec: RunSpec;
  readonly network?: string;
  /** Datasets with their pinned schemas, and where the source's bytes are. */
  readonly index: SourceIndex;
  /** Ledgers to replace that keep their committed version, by dataset. */
  readonly committed?: Readonly<Record<string, readonly CommittedVersion[]>>;
  /** Whether all flushes of a tail use it, so that `gc` keeps it as long as the tail may run. */
  readonly tail?: true;
}

const KEY = /^_parquetry\/(?:runs|compactions)\/[0-9a-f]{32}\.json$/;

/**
 * Plans addressed by content: the same plan has the same key, so a repeated plan step writes nothing new. One that is so
 * old that `gc` may be about to remove it is written again.
 */
export async function storePlan(
  store: ObjectStore,
  plan: StoredPlan,
  folder: 'runs' | 'compactions' = 'runs',
): Promise<string> {
  // The order of members in a schema depends on whether it comes from the registry or was inferred just now.
  const body = Buffer.from(canonicalJson(plan));
  const key = `_parquetry/${folder}/${createHash('sha256').update(body).digest('hex').slice(0, 32)}.json`;
  if ((await store.putIfAbsent(key, body)) === 'exists') {
    const found = await store.stat(key);
    if (found === undefined || found.modified < Date.now() - REUSE_MS) await store.replace(key, body);
  }
  return key;
}

const cache = new Map<string, StoredPlan>();
/** Running reads: steps that start together need only one. */
const reads = new Map<string, Promise<StoredPlan>>();
const CACHED_PLANS = 4;

/**
 * Reads a plan; the last few are cached, because every step of a run reads the same one. A plan's key is the hash of
 * its content, so a cached plan is valid while storage has the key.
 * @throws ParquetryError CONFIG_INVALID for a key that is not a plan's, ARCHIVE_CHANGED when storage no longer has it
 */
export async function loadPlan(store: ObjectStore, archive: string, key: string): Promise<StoredPlan> {
  if (!KEY.test(key)) throw new ParquetryError('CONFIG_INVALID', `"${key}" is not the key of a plan.`);
  const id = `${archive}\n${key}`;
  return whileRunning(reads, id, () => readPlan(store, archive, key, id));
}

async function readPlan(store: ObjectStore, archive: string, key: string, id: string): Promise<StoredPlan> {
  const known = cache.get(id);
  if (known !== undefined && (await store.stat(key)) !== undefined) return known;
  cache.delete(id);
  const bytes = await store.get(key).catch((error: unknown) => {
    throw isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND' ? planGone(archive, key) : error;
  });
  const plan = JSON.parse(Buffer.from(bytes).toString('utf8')) as StoredPlan;
  if (plan.format !== 1)
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The plan ${key} has format ${String(plan.format)}; this version reads 1.`,
    );
  const oldest = cache.size >= CACHED_PLANS ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(id, plan);
  return plan;
}

function planGone(archive: string, key: string): ParquetryError {
  return new ParquetryError(
    'ARCHIVE_CHANGED',
    `The archive ${archive} no longer has this run's plan, ${key}: it was removed, restored or swapped since the run began.`,
    {
      details: { archive, key },
      hint: 'Restore the archive and retry; or end this run (parquetry cancel ID) and start it again.',
    },
  );
}

/** A name for the local files of a run's source, the same for every step of the run. */
export function spoolKey(spec: RunSpec): string {
  return createHash('sha256')
    .update(canonicalJson([spec.source, spec.archive, spec.range]))
    .digest('hex')
    .slice(0, 32);
}

/** The pinned schema of a dataset. @throws ParquetryError CONFIG_INVALID when the plan has no such dataset */
export function datasetSchema(plan: StoredPlan, dataset: string): TableSchema {
  const found = plan.index.datasets.find((entry) => entry.dataset === dataset);
  if (found === undefined)
    throw new ParquetryError('CONFIG_INVALID', `The plan has no dataset "${dataset}".`);
  return found.schema;
}
