import { Archive, type Dataset, type SegmentRecord, parseDataset } from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  type WriteSettings,
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
import { inBatches } from '../batches';
import type { RangeIndex } from './indexrange';
import { segmentSettings } from './settings';
import { type Coverage, committedCoverage, leftOut, tasksOf } from './tasks';

/** State of one dataset of one partition. */
export interface PlannedDataset {
  /** The partition, inclusive. */
  readonly range: LedgerRange;
  readonly dataset: string;
  /**
   * `missing`: not covered by a commit; `partly`: partly covered; `stale`: committed, but not as this run would write
   * it; `replace`: committed, with `--mode replace`.
   */
  readonly state: 'missing' | 'partly' | 'committed' | 'stale' | 'replace';
  /** Uncovered ranges, in order. */
  readonly missing: readonly LedgerRange[];
  /** Ranges that the run writes, in order: the missing ones, and with `--mode replace` all. */
  readonly run: readonly LedgerRange[];
  /** Why the run writes or skips it. */
  readonly why: string;
  /** Messages that the run writes, estimated from the index; undefined when the source has no counts. */
  readonly messages?: number;
}

/** A committed segment that a run would write differently. */
interface StaleRange {
  readonly range: LedgerRange;
  readonly why: string;
}

/**
 * The stale segments of a dataset in a run's range. Reads the records concurrently and keeps none: an archive may have
 * tens of thousands.
 */
export async function staleRanges(
  table: Pick<Dataset, 'snapshot' | 'segment'>,
  spec: RunSpec,
  schema: TableSchema,
): Promise<readonly StaleRange[]> {
  const fingerprint = schemaFingerprint(schema);
  const { segments } = await table.snapshot();
  const found = await inBatches(
    segments.filter(({ range }) => intersectRange(range, spec.range) !== undefined),
    async ({ id, range }) => ({ range, why: staleness(await table.segment(id), spec, fingerprint) }),
  );
  return found.flatMap(({ range, why }) => (why === undefined ? [] : [{ range, why }]));
}

/**
 * What a run of a plan would do, partition by partition and dataset by dataset, from the commit log as it is now.
 * Unless everything is replaced, it reads the record of each committed segment in the range to find stale ones.
 */
export async function* planDatasets(store: ObjectStore, looked: RangeIndex): AsyncGenerator<PlannedDataset> {
  const { spec, index, exists } = looked;
  const archive = exists ? await Archive.open(store) : undefined;
  const names = index.datasets.map(({ dataset }) => dataset);
  const committed =
    archive === undefined
      ? new Map(names.map((dataset) => [dataset, []]))
      : await committedCoverage(archive, names);
  const stale = new Map<string, readonly StaleRange[]>();
  if (archive !== undefined && spec.mode !== 'replace')
    for (const { dataset, schema } of index.datasets)
      stale.set(dataset, await staleRanges(archive.dataset(dataset), spec, schema));
  yield* describePartitions(spec, committed, stale, messageEstimator(index));
}

/** The plan of a run from the committed ledgers; its ranges are those of the run's tasks. */
export function* describePartitions(
  spec: Pick<RunSpec, 'range' | 'partitionSize' | 'mode'>,
  committed: Coverage,
  stale: ReadonlyMap<string, readonly StaleRange[]>,
  estimate: ReturnType<typeof messageEstimator>,
): Generator<PlannedDataset> {
  const done = leftOut(spec, committed);
  for (const range of partitionsOf(spec.range, spec.partitionSize)) {
    const tasks = tasksOf(range, done);
    for (const [dataset, coverage] of committed) {
      const run = tasks.filter(({ datasets }) => datasets.includes(dataset)).map((task) => task.range);
      const counts = run.map((part) => estimate(parseDataset(dataset).messageType, part));
      const messages = counts.every((count) => count !== undefined)
        ? counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
        : undefined;
      const missing = subtractIntervals(range, coverage);
      const old = stale.get(dataset)?.find((entry) => intersectRange(entry.range, range) !== undefined);
      yield {
        range,
        dataset,
        missing,
        run,
        ...describe(spec, range, missing, coverage, old),
        ...(messages === undefined ? {} : { messages }),
      };
    }
  }
}

function describe(
  { mode }: Pick<RunSpec, 'mode'>,
  range: LedgerRange,
  missing: readonly LedgerRange[],
  coverage: Intervals,
  stale: StaleRange | undefined,
): Pick<PlannedDataset, 'state' | 'why'> {
  if (clipIntervals(range, coverage).length === 0)
    return { state: 'missing', why: 'no commit covers its ledgers' };
  const rest = missing.map(formatRange).join(', ');
  if (mode === 'replace')
    return {
      state: 'replace',
      why: `recomputed; committed rows are replaced where they differ${rest === '' ? '' : `; no commit covers ${rest}`}`,
    };
  if (missing.length === 0)
    return stale === undefined
      ? { state: 'committed', why: 'committed with these settings' }
      : { state: 'stale', why: stale.why };
  return {
    state: 'partly',
    why: `no commit covers ${rest}${stale === undefined ? '' : `; the rest is stale: ${stale.why}`}`,
  };
}

/**
 * The settings that determine the rows of the files and their storage format. File boundaries are excluded: a tail
 * closes its files by rows, bytes or age, and `compact` merges them, so segments of one configuration differ in them by
 * design. Integers are excluded too: they belong to the archive, and another style is refused earlier.
 */
function rowSettings(settings: WriteSettings): WriteSettings {
  const { maxRowsPerFile: _, maxFileBytes: __, integers: ___, ...rest } = settings;
  return rest;
}

function staleness({ identity }: SegmentRecord, spec: RunSpec, fingerprint: string): string | undefined {
  const wanted = segmentSettings(spec, identity.dataset);
  if (canonicalJson(rowSettings(identity.settings)) !== canonicalJson(rowSettings(wanted)))
    return 'committed with other settings';
  // An older version stays valid unless the run requests the newest.
  if (spec.schema === 'latest' && identity.schema.fingerprint !== fingerprint)
    return `committed with version ${identity.schema.version} of the schema, which has other columns`;
  return undefined;
}
