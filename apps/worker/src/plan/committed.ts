import { type Archive, SchemaRegistry } from '@parquetry/archive';
import { type LedgerRange, intersectRange, mergeIntervals, subtractIntervals } from '@parquetry/core';
import { type RegisteredSchema, type TableSchema, schemaFingerprint } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { inBatches } from '../batches';
import { type CommittedVersion, type StoredPlan, datasetSchema } from './stored';

/**
 * The ledgers of a range that are committed with another schema version than the run's. A run that replaces them keeps
 * their version, so that it makes no unrequested change.
 */
export async function committedVersions(
  archive: Archive,
  dataset: string,
  range: LedgerRange,
  schema: TableSchema,
): Promise<CommittedVersion[]> {
  const own = schemaFingerprint(schema);
  const table = archive.dataset(dataset);
  const { segments } = await table.snapshot();
  const found = await inBatches(
    segments.filter((segment) => intersectRange(segment.range, range) !== undefined),
    async ({ id, range: held }) => ({ held, ...(await table.segment(id)).identity.schema }),
  );
  const byVersion = new Map<number, LedgerRange[]>();
  for (const { held, version, fingerprint } of found) {
    if (fingerprint === own) continue;
    const ranges = byVersion.get(version) ?? [];
    ranges.push(held);
    byVersion.set(version, ranges);
  }
  return [...byVersion]
    .flatMap(([version, ranges]) => mergeIntervals(ranges).map((merged) => ({ range: merged, version })))
    .sort((a, b) => a.range.start - b.range.start);
}

/**
 * The newest schema version of a partition's committed ledgers, when all ledgers are committed and not all with the
 * run's version. Undefined: use the run's schema.
 */
export function committedVersion(
  { committed }: Pick<StoredPlan, 'committed'>,
  dataset: string,
  range: LedgerRange,
): number | undefined {
  const held = (committed?.[dataset] ?? []).filter(
    (entry) => intersectRange(entry.range, range) !== undefined,
  );
  const left = subtractIntervals(range, mergeIntervals(held.map((entry) => entry.range)));
  return left.length > 0 ? undefined : Math.max(...held.map(({ version }) => version));
}

/** The schema for a partition's messages, and its version if it is registered. */
export async function partitionSchema(
  store: ObjectStore,
  plan: StoredPlan,
  dataset: string,
  range: LedgerRange,
): Promise<{ readonly schema: TableSchema; readonly registered?: RegisteredSchema }> {
  const version = committedVersion(plan, dataset, range);
  if (version === undefined) return { schema: datasetSchema(plan, dataset) };
  const registered = await new SchemaRegistry(store).get(dataset, version);
  return { schema: registered.schema, registered };
}
