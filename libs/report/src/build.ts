import type { Archive, LiveFile, Snapshot } from '@parquetry/archive';
import { type RejectCache, countRejects, keptPlans, ownLedgers, requestedLedgers } from '@parquetry/audit';
import {
  type Intervals,
  type LedgerRange,
  ParquetryError,
  clipIntervals,
  intersectRange,
} from '@parquetry/core';
import { clockOf, dayAxis, sizeAxis, tallyFiles } from './axes';
import { type ActiveWork, type DatasetCoverage, coverageOf } from './coverage';
import type { DatasetData, ReportData } from './data';
import { type Digest, type DigestCache, digestsOf } from './digest';
import { proofOf } from './proof';
import { schemasOf } from './schemas';
import { countStates, encodeRuns } from './spans';
import { type Commands, workOf } from './work';

/** Datasets that are listed, and steps of all their maps together. */
const MAX_DATASETS = 200;
const MAX_STEPS = 40_000;

/** What a report reads again only when it changed. Keep it between the reports of one archive. */
export class ReportCache {
  readonly digests: DigestCache = new Map();
  readonly rejects: RejectCache = new Map();
}

/** Scope of a report. */
export interface ReportRequest {
  readonly archive: Archive;
  readonly commands: Commands;
  /** What Temporal says, or why it was not asked. */
  readonly temporal: ReportData['temporal'];
  /** Size of the files that `parquetry compact` makes, bytes. */
  readonly targetBytes: number;
  /** Ledgers of the map; all that are requested or committed when absent. */
  readonly range?: LedgerRange;
  /** Only these datasets. */
  readonly datasets?: readonly string[];
  /** Unix milliseconds. */
  readonly now: number;
  readonly cache?: ReportCache;
  readonly onProgress?: (dataset: string) => void;
}

/** One dataset, read. */
interface Read {
  readonly snapshot: Snapshot;
  readonly digests: readonly (Digest | undefined)[];
  readonly coverage: DatasetCoverage;
}

/**
 * Reads what a report shows: the log, the segment records, the schemas and the rejects of an archive, never its data
 * files.
 * @throws ParquetryError MESSAGE_TYPE_UNKNOWN when the archive does not have a requested dataset
 */
export async function buildReport(request: ReportRequest): Promise<ReportData> {
  const { archive, temporal, targetBytes, now } = request;
  const { digests: digestCache, rejects: rejectCache } = request.cache ?? new ReportCache();
  const plans = await keptPlans(archive.store);
  const requested = requestedLedgers(plans);
  const known = [...new Set([...(await archive.datasets()), ...requested.keys()])].sort();
  for (const name of request.datasets ?? [])
    if (!known.includes(name))
      throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `The archive has no dataset "${name}".`, {
        hint: `It has ${known.join(', ') || 'none'}.`,
      });
  const names = known.filter((name) => request.datasets?.includes(name) ?? true);
  const activity: ActiveWork = 'unavailable' in temporal ? { active: [], runs: [] } : temporal;
  const reads = new Map<string, Read>();
  for (const name of names.slice(0, MAX_DATASETS)) {
    request.onProgress?.(name);
    const snapshot = await archive.dataset(name).snapshot();
    const digests = await digestsOf(
      archive,
      name,
      snapshot.segments.map(({ id }) => id),
      digestCache,
    );
    const wanted = clipIntervals(await ownLedgers(archive, name), requested.get(name) ?? []);
    reads.set(name, { snapshot, digests, coverage: coverageOf(snapshot, wanted, digests, activity) });
  }
  const range = request.range ?? wholeRange([...reads.values()]);
  const files = [...reads.values()].flatMap(({ snapshot }) => filesOf(snapshot, range));
  const days = dayAxis(files);
  const sizes = sizeAxis(targetBytes);
  const limit = Math.floor(MAX_STEPS / Math.max(10, reads.size));
  const datasets: DatasetData[] = [];
  for (const [name, { snapshot, digests, coverage }] of reads) {
    const own = filesOf(snapshot, range);
    const ledgers = countStates(coverage.spans, range ?? NOTHING);
    datasets.push({
      name,
      rows: own.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
      bytes: own.reduce((sum, { size }) => sum + size, 0),
      files: own.length,
      segments: snapshot.segments.length,
      version: snapshot.version,
      wanted: range === undefined ? 0 : range.end - range.start + 1 - ledgers.none,
      ledgers,
      ...(range === undefined ? { runs: [], cell: 1 } : encodeRuns(coverage.spans, range, limit)),
      ...tallyFiles(own, days, sizes),
      proof: proofOf(name, digests),
      schemas: await schemasOf(archive, name, digests),
    });
  }
  const work = workOf(gapsOf(reads, range), plans, activity.active, request.commands);
  const rejects = [...reads].flatMap(([dataset, { digests }]) =>
    digests.flatMap((digest) => (digest?.rejects === undefined ? [] : { ...digest.rejects, dataset })),
  );
  const { layout, network } = archive.identity;
  return {
    version: 1,
    madeAt: new Date(now).toISOString(),
    archive: { uri: archive.store.uri, network, layout: layout.kind },
    ...(range === undefined ? {} : { range }),
    clock: clockOf(files),
    datasets,
    moreDatasets: names.length - datasets.length,
    days,
    sizes,
    work: work.items,
    moreWork: work.more,
    rejects: await countRejects(archive, rejects, rejectCache),
    temporal,
  };
}

const NOTHING: LedgerRange = { start: 1, end: 0 };

function filesOf({ files }: Snapshot, range: LedgerRange | undefined): readonly LiveFile[] {
  return files.filter(
    (file) =>
      range === undefined || file.range === undefined || intersectRange(file.range, range) !== undefined,
  );
}

/** From the first to the last ledger that any dataset has or should have. */
function wholeRange(reads: readonly Read[]): LedgerRange | undefined {
  const spans = reads
    .flatMap(({ coverage }) => [coverage.spans[0], coverage.spans.at(-1)])
    .filter((span) => span !== undefined);
  if (spans.length === 0) return undefined;
  return {
    start: Math.min(...spans.map(({ start }) => start)),
    end: Math.max(...spans.map(({ end }) => end)),
  };
}

function gapsOf(reads: ReadonlyMap<string, Read>, range: LedgerRange | undefined): Map<string, Intervals> {
  return new Map(
    [...reads].map(([name, { coverage }]) => [
      name,
      range === undefined ? [] : clipIntervals(range, coverage.gaps),
    ]),
  );
}
