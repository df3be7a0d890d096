import {
  type Archive,
  type LiveFile,
  type SegmentRecord,
  type Snapshot,
  checkSnapshot,
  filesIn,
  majorCoverage,
  parseDataset,
} from '@parquetry/archive';
import {
  type Intervals,
  type LedgerRange,
  ParquetryError,
  clipIntervals,
  countLedgers,
  formatRange,
  intersectIntervals,
  isParquetryError,
  meets,
  mergeIntervals,
  partitionColumns,
  subtractIntervals,
  MAX_LEDGER,
} from '@parquetry/core';
import { checkIceberg } from '@parquetry/iceberg';
import type { VerifyLevel } from '@parquetry/verify';
import { requestedLedgers, keptPlans } from './plans';
import { joinChain } from './chain';
import { checkEntries } from './entry';
import { checkFile, type SegmentHashes } from './files';
import { damagedHashes, recordedHashes, settleHashes } from './rowhashes';
import { lostRows } from './lostrows';
import { lumenRecords } from './lumenrecords';
import type { AuditFinding, DatasetAudit } from './report';

/** Scope and depth of an audit. */
export interface AuditRequest {
  /** All datasets of the archive when absent. */
  readonly datasets?: readonly string[];
  /** Ledgers that must be covered; by default those that runs requested, and the span of the coverage. */
  readonly ranges?: Intervals;
  /**
   * How files are checked: the ledger column or every value; `sha256` only hashes the bytes, `size` only queries the
   * store.
   */
  readonly level: VerifyLevel | 'sha256' | 'size';
  /** Files to read in full, whatever the level. */
  readonly deep?: (file: LiveFile) => boolean;
  /** Runs each check that reads every value of a file, so that the caller can bound their memory. */
  readonly within?: <T>(check: () => Promise<T>) => Promise<T>;
  /** With level full: stores row hashes for segments that have none. */
  readonly addRowHashes?: boolean;
  /** Called after each file. */
  readonly onProgress?: (progress: { dataset: string; files: number; totalFiles: number }) => void;
}

/**
 * Checks an archive against its log, its segment records and its files: gaps, overlaps, missing, altered or corrupt
 * files, files that no commit references, and the ledger chain over segments. Yields one dataset at a time.
 * @throws ParquetryError MESSAGE_TYPE_UNKNOWN when the archive does not have a requested dataset
 */
export async function* auditArchive(archive: Archive, request: AuditRequest): AsyncGenerator<DatasetAudit> {
  const requested = requestedLedgers(await keptPlans(archive.store));
  const known = new Set([...(await archive.datasets()), ...requested.keys()]);
  for (const dataset of request.datasets ?? [...known].sort()) {
    if (!known.has(dataset))
      throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `The archive has no dataset "${dataset}".`, {
        hint: `It has ${[...known].sort().join(', ') || 'none'}.`,
      });
    const owned = await ownLedgers(archive, dataset);
    yield await auditDataset(archive, dataset, clipIntervals(owned, requested.get(dataset) ?? []), request);
  }
}

/** The ledgers of a dataset's major: a run planned before a promotion may have requested more. */
export async function ownLedgers(archive: Archive, dataset: string): Promise<LedgerRange> {
  const majors = await archive.majors.list(parseDataset(dataset).messageType);
  return majors.find((major) => major.dataset === dataset)?.range ?? { start: 1, end: MAX_LEDGER };
}

async function auditDataset(
  archive: Archive,
  dataset: string,
  requested: Intervals,
  request: AuditRequest,
): Promise<DatasetAudit> {
  const snapshot = await archive.dataset(dataset).snapshot();
  const { ranges } = request;
  const findings: AuditFinding[] = findGaps(dataset, snapshot.coverage, requested, ranges);
  const { level } = request;
  const deep = { deep: level === 'sha256' };
  for await (const finding of checkSnapshot(archive.store, snapshot, deep))
    findings.push({ dataset, ...finding });
  for await (const finding of checkIceberg(archive, dataset)) findings.push({ dataset, ...finding });
  findings.push(...(await majorFindings(archive, dataset)));
  const segments = await readSegments(archive, snapshot, findings, ranges);
  const entries = checkEntries(archive, dataset, filesIn(snapshot, ranges), segments);
  for await (const finding of entries) findings.push(finding);
  findings.push(...lostRows(snapshot, [...segments.values()], ranges));
  const { proof, findings: breaks } = joinChain(dataset, [...segments.values()]);
  for (const finding of breaks) findings.push(finding);

  const hashes =
    level === 'full' || request.deep !== undefined
      ? await recordedHashes(archive, [...segments.values()], request)
      : new Map<string, SegmentHashes>();

  // A deep check reads the rows themselves.
  const lumens = level === 'full' ? undefined : lumensOf(dataset, [...segments.values()]);
  for (const finding of lumens?.findings ?? []) findings.push(finding);

  const damaged = new Set(findings.map(({ key }) => key));
  const files = filesIn(snapshot, ranges);
  for (const [index, file] of files.entries()) {
    const segment = segments.get(file.segment ?? '');
    const depth = request.deep?.(file) === true ? 'full' : level;
    if (segment !== undefined && !damaged.has(file.key) && depth !== 'sha256' && depth !== 'size') {
      const own = hashes.get(segment.id) ?? { expected: undefined, wanted: false, found: [] };
      const check = (): ReturnType<typeof checkFile> =>
        checkFile(archive, dataset, file, segment, depth, own);
      const finding = await (depth === 'full' && request.within ? request.within(check) : check());
      if (finding !== undefined) findings.push(finding);
    }
    request.onProgress?.({ dataset, files: index + 1, totalFiles: files.length });
  }
  const rowHashes =
    level === 'full' ? await settleHashes(archive, [...segments.values()], hashes, request) : undefined;
  findings.push(...damagedHashes(dataset, [...segments.values()], hashes));
  const coverage = ranges === undefined ? snapshot.coverage : intersectIntervals(ranges, snapshot.coverage);
  return {
    dataset,
    version: snapshot.version,
    files: files.length,
    rows: files.reduce((sum, file) => sum + (file.rows ?? 0), 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
    ledgers: countLedgers(coverage),
    coverage,
    rejected: rejectedLedgers([...segments.values()]),
    proof,
    ...(lumens === undefined ? {} : { lumens: lumens.lumens }),
    ...(rowHashes === undefined ? {} : { rowHashes }),
    glob: globOf(archive, snapshot.folder),
    globExact: !findings.some(({ code }) => NOT_EXACT.has(code)),
    findings,
  };
}

function rejectedLedgers(segments: readonly SegmentRecord[]): Intervals {
  return mergeIntervals(
    segments.flatMap(({ identity }) =>
      identity.rejectedLedgers.map(({ ledger }) => ({ start: ledger, end: ledger })),
    ),
  );
}

/** All tables of a pull have the same record of native balances; that of accounts is reported. */
function lumensOf(dataset: string, segments: readonly SegmentRecord[]): ReturnType<typeof lumenRecords> {
  return parseDataset(dataset).messageType === 'accounts' ? lumenRecords(dataset, segments) : undefined;
}

/** Findings with which a glob over the folders does not return exactly the live rows. */
const NOT_EXACT: ReadonlySet<string> = new Set(['ORPHAN_FILE', 'REPLACED_FILE', 'FILE_MISSING', 'OVERLAP']);

function globOf(archive: Archive, folder: string): string {
  const { layout } = archive.identity;
  const folders = partitionColumns(layout).map((name) => `${name}=*`);
  return [folder, ...(layout.kind === 'ledger_range' ? ['ledgers', '*'] : folders), '*.parquet'].join('/');
}

/** Ledgers in two majors of a message type, or in the wrong one; reported with the first major. */
async function majorFindings(archive: Archive, dataset: string): Promise<AuditFinding[]> {
  const { messageType, major } = parseDataset(dataset);
  if (major !== 1) return [];
  const { faults } = await majorCoverage(archive, messageType);
  return faults.map(({ kind, message }) => ({
    code: kind === 'overlap' ? 'MAJOR_OVERLAP' : 'MAJOR_MISPLACED',
    fault: true,
    dataset,
    message,
  }));
}

function findGaps(
  dataset: string,
  coverage: Intervals,
  requested: Intervals,
  ranges: Intervals | undefined,
): AuditFinding[] {
  const first = coverage[0];
  const last = coverage.at(-1);
  const hull = first !== undefined && last !== undefined ? [{ start: first.start, end: last.end }] : [];
  const wanted = ranges ?? [...requested, ...hull];
  const gaps = new Map(
    wanted.flatMap((part) => subtractIntervals(part, coverage)).map((gap) => [formatRange(gap), gap]),
  );
  return [...gaps.values()].map((gap) => ({
    code: 'COVERAGE_GAP',
    fault: true,
    dataset,
    range: gap,
    message: `Ledgers ${formatRange(gap)} of ${dataset} are not in the archive.`,
  }));
}

/** The records of the live segments by id; a missing or altered record is a finding. */
async function readSegments(
  archive: Archive,
  snapshot: Snapshot,
  findings: AuditFinding[],
  ranges: Intervals | undefined,
): Promise<Map<string, SegmentRecord>> {
  const { dataset } = snapshot;
  const records = new Map<string, SegmentRecord>();
  for (const segment of snapshot.segments) {
    if (!meets(segment.range, ranges)) continue;
    try {
      records.set(segment.id, await archive.dataset(dataset).segment(segment.id));
    } catch (error) {
      if (!isParquetryError(error)) throw error;
      const missing = error.code === 'OBJECT_NOT_FOUND';
      findings.push({
        code: missing ? 'UNVERIFIED_COMMIT' : error.code,
        fault: true,
        dataset,
        range: segment.range,
        message: missing
          ? `The segment ${segment.id} is committed but has no record: what was verified before its commit is unknown.`
          : error.message,
      });
    }
  }
  return records;
}
