import { Archive, type Dataset, type SegmentRecord, parseDataset } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  clipIntervals,
  formatRange,
  intersectRange,
  partitionsOf,
  subtractIntervals,
} from '@parquetry/core';
import { type TableSchema, canonicalJson, schemaFingerprint } from '@parquetry/schema';
import { messageEstimator } from '@parquetry/source';
import type { ObjectStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import type { LookedOver } from './look';

/** One dataset of one partition, as a run finds it. */
export interface PlannedDataset {
  /** The partition, inclusive. */
  readonly range: LedgerRange;
  readonly dataset: string;
  /** `missing` ranges are what a run brings; `stale` ones are committed, but not as this run would write them. */
  readonly state: 'missing' | 'partly' | 'committed' | 'stale';
  /** What no commit covers, in order. */
  readonly missing: readonly LedgerRange[];
  /** Why the run takes it up, or leaves it. */
  readonly why: string;
  /** Messages of the missing ranges, estimated from the index; undefined where the source counts none ahead. */
  readonly messages?: number;
}

/** A committed segment that a run would write in another way. */
interface StaleRange {
  readonly range: LedgerRange;
  readonly why: string;
}

/** The stale segments of a dataset in a run's range. Reads the record of each segment there. */
export async function staleRanges(
  table: Dataset,
  spec: RunSpec,
  schema: TableSchema,
): Promise<readonly StaleRange[]> {
  const fingerprint = schemaFingerprint(schema);
  const stale: StaleRange[] = [];
  for (const { id, range } of (await table.snapshot()).segments) {
    if (intersectRange(range, spec.range) === undefined) continue;
    const why = staleness(await table.segment(id), spec, fingerprint);
    if (why !== undefined) stale.push({ range, why });
  }
  return stale;
}

/**
 * What a run of a plan would do, partition by partition and dataset by dataset, from the commit log as it is now. Reads
 * the record of each committed segment in the range, to tell stale ones.
 */
export async function* planDatasets(store: ObjectStore, looked: LookedOver): AsyncGenerator<PlannedDataset> {
  const { spec, index, exists } = looked;
  const archive = exists ? await Archive.open(store) : undefined;
  const estimate = messageEstimator(index);
  const found: { dataset: string; coverage: Intervals; stale: readonly StaleRange[] }[] = [];
  for (const { dataset, schema } of index.datasets) {
    const table = archive?.dataset(dataset);
    const { coverage = [] } = (await table?.snapshot()) ?? {};
    const stale = table === undefined ? [] : await staleRanges(table, spec, schema);
    found.push({ dataset, coverage, stale });
  }
  for (const range of partitionsOf(spec.range, spec.partitionSize))
    for (const { dataset, coverage, stale } of found) {
      const missing = subtractIntervals(range, coverage);
      const counts = missing.map((gap) => estimate(parseDataset(dataset).messageType, gap));
      const messages = counts.every((count) => count !== undefined)
        ? counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
        : undefined;
      yield {
        range,
        dataset,
        missing,
        ...describe(
          range,
          missing,
          coverage,
          stale.find((entry) => intersectRange(entry.range, range) !== undefined),
        ),
        ...(messages === undefined ? {} : { messages }),
      };
    }
}

function describe(
  range: LedgerRange,
  missing: readonly LedgerRange[],
  coverage: Intervals,
  stale: StaleRange | undefined,
): Pick<PlannedDataset, 'state' | 'why'> {
  if (missing.length === 0)
    return stale === undefined
      ? { state: 'committed', why: 'committed with these settings' }
      : { state: 'stale', why: stale.why };
  if (clipIntervals(range, coverage).length === 0)
    return { state: 'missing', why: 'no commit covers its ledgers' };
  const rest = missing.map(formatRange).join(', ');
  return {
    state: 'partly',
    why: `no commit covers ${rest}${stale === undefined ? '' : `; the rest is stale: ${stale.why}`}`,
  };
}

function staleness(
  { identity }: SegmentRecord,
  { settings, schema }: RunSpec,
  fingerprint: string,
): string | undefined {
  if (canonicalJson(identity.settings) !== canonicalJson(settings)) return 'committed with other settings';
  // An older version is what its time needed: it stays, unless the run asks for the newest.
  if (schema === 'latest' && identity.schema.fingerprint !== fingerprint)
    return `committed with version ${identity.schema.version} of the schema, which has other columns`;
  return undefined;
}
