import { type Intervals, isParquetryError, ParquetryError, Semaphore } from '@parquetry/core';
import { whenAbsent } from '../absent';
import type { Archive } from '../archive';
import type { Dataset } from '../dataset';
import { META_FOLDER } from '../identity';
import { parseDataset } from '../majors';
import { addRowHashes, copySegmentRecord, findRowHashes, segmentKey, type SegmentRecord } from '../segment';
import { mapLimit } from '../serial';
import { assertSegments, type Snapshot } from '../snapshot';
import { assertFits } from './bounds';
import { type Copying, copyObject, copySmall, copyUnrecorded } from './objects';

const OBJECTS_AT_ONCE = 4;
const SEGMENTS_AT_ONCE = 4;
/** How often the source may replace files of a dataset while they are copied. */
const MAX_SNAPSHOTS = 20;

/** What to clone, and how. */
export interface CloneRequest {
  /** All datasets when absent. */
  readonly datasets?: readonly string[];
  /** Ledgers; bounds must not cut a segment. All when absent. */
  readonly ranges?: Intervals;
  /** Folder for temporary copies of remote objects: at most four at a time. */
  readonly tempDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CloneProgress) => void;
}

/** How far a clone is. */
interface CloneProgress {
  readonly dataset: string;
  readonly segments: number;
  readonly totalSegments: number;
  readonly bytes: number;
}

/** The result for one dataset. */
export interface ClonedDataset {
  readonly dataset: string;
  /** The version of the source's log that was cloned. */
  readonly version: number;
  readonly segments: number;
  /** Segments that this run committed. */
  readonly committed: number;
  readonly files: number;
  /** Data files that this run copied. */
  readonly copied: number;
  /** Bytes of those. */
  readonly bytes: number;
  readonly rows: number;
  readonly coverage: Intervals;
  /** Keys of files of the target that were replaced; `Dataset.retire` deletes them. */
  readonly replaced: readonly string[];
}

/**
 * Copies the live segments of an archive to another archive, which is created if necessary: for each segment its files,
 * its rejects and its record, then a commit in the target's own log. A repeated call copies what is missing or differs,
 * and what the source committed since. The source may be written to meanwhile.
 * @throws ParquetryError RANGE_INVALID, COMMIT_CONFLICT, ARCHIVE_MISMATCH, FILE_CORRUPT, NOT_AVAILABLE, CANCELLED
 */
export async function cloneArchive(
  source: Archive,
  target: Archive,
  request: CloneRequest,
): Promise<ClonedDataset[]> {
  const { signal, tempDir } = request;
  const copying = { from: source.store, to: target.store, tempDir, clock: Date.now, signal };
  const all = await source.datasets();
  const names = request.datasets ?? all;
  // All versions are fixed before the first byte is copied.
  const snapshots = await mapLimit(names, OBJECTS_AT_ONCE, (name) => source.dataset(name).snapshot());
  if (request.ranges !== undefined)
    assertFits(
      request.ranges,
      snapshots.flatMap(({ dataset, segments }) => segments.map(({ range }) => ({ dataset, range }))),
    );
  for (const name of names) await copyMajors(copying, parseDataset(name).messageType);
  const done: ClonedDataset[] = [];
  const places = new Semaphore(OBJECTS_AT_ONCE);
  for (const snapshot of snapshots) {
    const context = { source, target, copying, places, request };
    done.push(await cloneDataset(context, snapshot));
  }
  if (request.ranges === undefined && names.length === all.length) await copyRuns(copying);
  return done;
}

interface Context {
  readonly source: Archive;
  readonly target: Archive;
  readonly copying: Copying;
  readonly places: Semaphore;
  readonly request: CloneRequest;
}

/** Starts again with a newer version when the source replaced files that were to be copied. */
async function cloneDataset(context: Context, first: Snapshot): Promise<ClonedDataset> {
  const done: Done = { committed: 0, copied: 0, bytes: 0, replaced: [] };
  for (let snapshot = first, attempt = 1; ; attempt++)
    try {
      return await cloneSnapshot(context, snapshot, done);
    } catch (error) {
      if (!isParquetryError(error) || error.code !== 'OBJECT_NOT_FOUND' || attempt >= MAX_SNAPSHOTS)
        throw error;
      const newer = await context.source.dataset(first.dataset).snapshot();
      // A live file is missing: the source is damaged.
      if (newer.version === snapshot.version) throw error;
      snapshot = newer;
    }
}

/** What was done, also with earlier snapshots of the source. */
interface Done {
  committed: number;
  copied: number;
  bytes: number;
  readonly replaced: string[];
}

async function cloneSnapshot(context: Context, snapshot: Snapshot, sum: Done): Promise<ClonedDataset> {
  const { source, target, copying, request } = context;
  const { dataset, version } = snapshot;
  assertSegments(snapshot, 'cloned', 'Remove those files with the program that added them.');
  const { ranges, onProgress, signal } = request;
  const segments = snapshot.segments.filter(
    ({ range }) => ranges?.some(({ start, end }) => start <= range.start && range.end <= end) ?? true,
  );
  const table = target.dataset(dataset);
  const before = await table.snapshot();
  const own = await ownSegments(source, snapshot, before);
  const held = segments.find(({ range }) =>
    own.some((other) => other.start <= range.end && other.end >= range.start),
  );
  if (held !== undefined) throw diverged(context, dataset, own);
  const live = new Set(before.segments.map(({ id }) => id));
  const liveFiles = new Map(before.files.map(({ key, sha256 }) => [key, sha256]));
  await copySchemas(copying, snapshot);
  let [done, files, rows] = [0, 0, 0];
  await mapLimit(segments, SEGMENTS_AT_ONCE, async ({ id }) => {
    signal?.throwIfAborted();
    const record = await source.dataset(dataset).segment(id);
    const found = await copySegment(context, table, record, { isLive: live.has(id), liveFiles });
    if (!live.has(id)) {
      const { subject, version: schemaVersion } = record.identity.schema;
      const schema = await target.registry.get(subject, schemaVersion);
      const adopted = await table.adopt(id, schema, (other) => !isOwn(before, own, other));
      sum.replaced.push(...adopted.replaced);
      sum.committed += adopted.outcome === 'committed' ? 1 : 0;
      await table.checkpoint(signal === undefined ? {} : { signal });
    }
    done += 1;
    files += record.identity.files.length;
    rows += record.identity.files.reduce((sum, file) => sum + file.rows, 0);
    sum.copied += found.copied;
    sum.bytes += found.bytes;
    onProgress?.({ dataset, segments: done, totalSegments: segments.length, bytes: sum.bytes });
  });
  const { coverage } = await table.snapshot();
  return {
    dataset,
    version,
    segments: segments.length,
    files,
    rows,
    coverage,
    ...sum,
  };
}

/** What the target's log names. */
interface Committed {
  /** Whether the segment to copy is live. */
  readonly isLive: boolean;
  /** The sha256 of each live file by its key. */
  readonly liveFiles: ReadonlyMap<string, string | undefined>;
}

/**
 * Copies a segment's files, its rejects and its record, in this order.
 * @throws ParquetryError COMMIT_CONFLICT when the target's log names one of the files with other bytes
 */
async function copySegment(
  { copying, places, request: { signal } }: Context,
  table: Dataset,
  record: SegmentRecord,
  { isLive, liveFiles }: Committed,
): Promise<{ copied: number; bytes: number }> {
  const { identity } = record;
  let [copied, bytes] = [0, 0];
  await Promise.all(
    identity.files.map((file) =>
      places.run(signal, async () => {
        const key = `${table.folder}/${file.path}`;
        const named = liveFiles.has(key);
        if (named && liveFiles.get(key) !== file.sha256) throw otherBytes(copying, table, key);
        // The bytes of a committed file were checked when it was committed; `verify` checks them again.
        if (isLive && named && (await copying.to.stat(key))?.size === file.size) return;
        // A replacement may keep files of the segment that it replaces, so a live file can be in a new segment.
        const object = { live: named, named: () => shaOf(table, key) };
        if ((await copyObject(copying, key, file, object)) === 'kept') return;
        copied += 1;
        bytes += file.size;
      }),
    ),
  );
  // Row hashes may be added to a segment after it was cloned.
  const added = identity.rowHashes === undefined ? await findRowHashes(copying.from, record) : undefined;
  if (added !== undefined) await addRowHashes(copying.to, record, added);
  if (isLive) return { copied, bytes };
  if (identity.rejects !== null) await copyRejects(copying, identity.rejects);
  await copySegmentRecord(copying.from, copying.to, record);
  return { copied, bytes };
}

/** The sha256 of a file by the log as it is now. */
async function shaOf(table: Dataset, key: string): Promise<string | undefined> {
  const { files } = await table.snapshot();
  return files.find((file) => file.key === key)?.sha256;
}

async function copyRejects(
  copying: Copying,
  { key, sha256 }: NonNullable<SegmentRecord['identity']['rejects']>,
): Promise<void> {
  const info = await copying.from.stat(key);
  if (info === undefined)
    throw new ParquetryError('OBJECT_NOT_FOUND', `${copying.from.uri}/${key} is missing.`, {
      details: { key },
    });
  // Rejects are never removed, and live segments may have the same ones.
  await copyObject(copying, key, { sha256, size: info.size }, { live: true });
}

/** Ranges of the target's segments that the source never had: the target was written by something else. */
async function ownSegments(
  source: Archive,
  { dataset, segments }: Snapshot,
  before: Snapshot,
): Promise<Snapshot['segments'][number]['range'][]> {
  const live = new Set(segments.map(({ id }) => id));
  const others = before.segments.filter(({ id }) => !live.has(id));
  const found = await mapLimit(others, OBJECTS_AT_ONCE, ({ id }) =>
    source.store.stat(segmentKey(dataset, id)),
  );
  return others.filter((_, index) => found[index] === undefined).map(({ range }) => range);
}

function isOwn({ segments }: Snapshot, own: Intervals, id: string): boolean {
  const range = segments.find((segment) => segment.id === id)?.range;
  // A segment that was committed to the target meanwhile is not the source's either.
  return range === undefined || own.some(({ start, end }) => start === range.start && end === range.end);
}

async function copyMajors(copying: Copying, messageType: string): Promise<void> {
  const prefix = `${META_FOLDER}/majors/${messageType}/`;
  for await (const { key } of copying.from.list(prefix)) await copySmall(copying, key);
}

/** Copies the schema versions that the snapshot's files may have. */
async function copySchemas(copying: Copying, { schema }: Snapshot): Promise<void> {
  for (let version = 1; version <= (schema?.version ?? 0); version++)
    await copySmall(copying, `${META_FOLDER}/schemas/${schema?.subject}/${version}.json`);
}

/** Copies what belongs to no segment: which ledgers runs requested, and messages without a usable ledger or type. */
async function copyRuns(copying: Copying): Promise<void> {
  for (const folder of ['runs', 'rejects/runs', 'rejects/late'])
    for await (const { key } of copying.from.list(`${META_FOLDER}/${folder}/`))
      // A plan that `gc` removes meanwhile is not missed.
      await copyUnrecorded(copying, key).catch(whenAbsent);
}

function otherBytes({ from, to }: Copying, { name: dataset }: Dataset, key: string): ParquetryError {
  return new ParquetryError(
    'COMMIT_CONFLICT',
    `${to.uri} has ${key} committed with bytes that differ from those of ${from.uri}. The file was not changed.`,
    { details: { dataset, key }, hint: 'Clone to an empty place.' },
  );
}

function diverged({ source, target }: Context, dataset: string, own: Intervals): ParquetryError {
  const ranges = own.slice(0, 8).map(({ start, end }) => `${start}-${end}`);
  return new ParquetryError(
    'COMMIT_CONFLICT',
    `${target.store.uri} has segments of ${dataset} that ${source.store.uri} never had, in ledgers that it has: ${ranges.join(', ')}.`,
    {
      details: { dataset, ranges },
      hint: 'Clone to an empty place, or only the ledgers that the target lacks (--ledgers).',
    },
  );
}
