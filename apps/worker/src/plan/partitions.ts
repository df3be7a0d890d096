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

/** One dataset of one partition, as a run finds it. */
export interface PlannedDataset {
  /** The partition, inclusive. */
  readonly range: LedgerRange;
  readonly dataset: string;
  /**
   * What no commit covers is `missing`, where that is a part only `partly`; `stale` ledgers are committed, but not as this
   * run would write them. With `--mode replace` what is committed is `replace`.
   */
  readonly state: 'missing' | 'partly' | 'committed' | 'stale' | 'replace';
  /** What no commit covers, in order. */
  readonly missing: readonly LedgerRange[];
  /** What the run brings, in order: what is missing, and with `--mode replace` all of it. */
  readonly run: readonly LedgerRange[];
  /** Why the run takes it up, or leaves it. */
  readonly why: string;
  /** Messages of what the run brings, estimated from the index; undefined where the source counts none ahead. */
  readonly messages?: number;
}

/** A committed segment that a run would write in another way. */
interface StaleRange {
  readonly range: LedgerRange;
  readonly why: string;
}

/**
 * The stale segments of a dataset in a run's range. Reads the record of each segment there, many at once, and keeps
 * none: an archive may have tens of thousands.
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
 * What a run of a plan would do, partition by partition and dataset by dataset, from the commit log as it is now. Unless
 * all is replaced anyway, it reads the record of each committed segment in the range, to tell stale ones.
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

/** The plan of a run, from what is committed: the ranges are those of the tasks that the run will get. */
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
      why: `computed anew; what is committed is replaced where it differs${rest === '' ? '' : `; no commit covers ${rest}`}`,
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
 * The settings that decide which rows the files hold, and how those are stored. Where one file ends and the next begins
 * does not count: a tail ends its files by rows, bytes or age as they come, and `compact` makes few of many, so that
 * segments of one configuration differ in it by intention; other files of the same rows are what `compact` and
 * `--mode replace` are for. Nor do integers: they are the archive's, and another style is refused before.
 */
function rowSettings(settings: WriteSettings): WriteSettings {
  const { maxRowsPerFile: _, maxFileBytes: __, integers: ___, ...rest } = settings;
  return rest;
}

function staleness({ identity }: SegmentRecord, spec: RunSpec, fingerprint: string): string | undefined {
  const wanted = segmentSettings(spec, identity.dataset);
  if (canonicalJson(rowSettings(identity.settings)) !== canonicalJson(rowSettings(wanted)))
    return 'committed with other settings';
  // An older version is what its time needed: it stays, unless the run asks for the newest.
  if (spec.schema === 'latest' && identity.schema.fingerprint !== fingerprint)
    return `committed with version ${identity.schema.version} of the schema, which has other columns`;
  return undefined;
}
