import { createHash } from 'node:crypto';
import path from 'node:path';
import {
  type ColumnTally,
  type Conservation,
  type CoverageProof,
  isParquetryError,
  type LedgerRange,
  ParquetryError,
  type WriteSettings,
} from '@parquetry/core';
import { canonicalJson, ROW_HASHES_VERSION, type RowHashes, segmentRowHashes } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { whenAbsent } from './absent';
import type { WorkflowIdentity } from './draft';
import { META_FOLDER } from './identity';

/** A file in a segment's record. */
interface SegmentFile {
  /** Relative to the dataset's folder. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly rows: number;
  readonly range: LedgerRange;
  readonly columns: Readonly<Record<string, ColumnTally>>;
  readonly reason: string;
}

/** The identity of a segment, without time, host, run or attempt. Its hash is the segment's id. */
export interface SegmentIdentity {
  readonly dataset: string;
  readonly range: LedgerRange;
  readonly contentHash: string;
  readonly settings: WriteSettings;
  readonly schema: { readonly subject: string; readonly version: number; readonly fingerprint: string };
  readonly files: readonly SegmentFile[];
  readonly rejects: { readonly key: string; readonly rows: number; readonly sha256: string } | null;
  /** Ids of the segments that it replaces. */
  readonly replaces: readonly string[];
  readonly ledgers: readonly { readonly ledger: number; readonly rows: number }[];
  readonly rejectedLedgers: readonly { readonly ledger: number; readonly rejected: number }[];
  readonly proof: CoverageProof;
  /** Absent in segments of earlier versions, and where a run turned them off; see `segmentRowHashes`. */
  readonly rowHashes?: RowHashes;
}

/** The immutable record of a segment, at `_parquetry/segments/{dataset}/{id}.json`. */
export interface SegmentRecord {
  readonly formatVersion: 1;
  readonly id: string;
  readonly identity: SegmentIdentity;
  /** What the pull found about native balances. It depends on the tables pulled together, so it is not in the identity. */
  readonly conservation?: Conservation;
  /** Versions of what wrote the files. */
  readonly writer: Readonly<Record<string, string>>;
  readonly workflow?: WorkflowIdentity;
  /** ISO 8601; when the first attempt to publish the segment wrote the record. */
  readonly recordedAt: string;
}

/** `{start}-{end}-{first 32 hex digits of the identity's sha256}` */
export function segmentId(identity: SegmentIdentity): string {
  const hash = createHash('sha256').update(canonicalJson(identity)).digest('hex').slice(0, 32);
  return `${identity.range.start}-${identity.range.end}-${hash}`;
}

/** Parses the range in a segment's id; undefined when it is not an id. */
export function segmentRange(id: string): LedgerRange | undefined {
  const match = /^(\d{1,10})-(\d{1,10})-[0-9a-f]{32}$/.exec(id);
  if (match === null) return undefined;
  const range = { start: Number(match[1]), end: Number(match[2]) };
  return range.start <= range.end ? range : undefined;
}

/** The key of a segment's record. */
export function segmentKey(dataset: string, id: string): string {
  return `${META_FOLDER}/segments/${dataset}/${id}.json`;
}

/**
 * Writes a segment's record unless an earlier attempt wrote it.
 * @throws ParquetryError ARCHIVE_INVALID when the existing record was altered: it has another identity
 */
export async function putSegment(store: ObjectStore, record: SegmentRecord): Promise<void> {
  const key = segmentKey(record.identity.dataset, record.id);
  if ((await store.putIfAbsent(key, Buffer.from(`${canonicalJson(record)}\n`))) === 'exists')
    await readSegment(store, record.identity.dataset, record.id);
}

/**
 * Reads a segment's record and checks it against its id.
 * @throws ParquetryError OBJECT_NOT_FOUND, ARCHIVE_INVALID when it was altered
 */
export async function readSegment(store: ObjectStore, dataset: string, id: string): Promise<SegmentRecord> {
  const key = segmentKey(dataset, id);
  const text = Buffer.from(await store.get(key)).toString('utf8');
  try {
    const record = JSON.parse(text) as SegmentRecord;
    if (record.id === id && segmentId(record.identity) === id) return record;
  } catch (cause) {
    throw altered(key, cause);
  }
  throw altered(key);
}

/** The record, or undefined when there is none. @throws ParquetryError ARCHIVE_INVALID when it was altered */
export async function findSegment(
  store: ObjectStore,
  dataset: string,
  id: string,
): Promise<SegmentRecord | undefined> {
  return readSegment(store, dataset, id).catch(whenAbsent);
}

/** The segments of a dataset that have a record: all that were ever prepared, committed or not. */
export async function* recordedSegments(
  store: ObjectStore,
  dataset: string,
): AsyncGenerator<{ readonly id: string; readonly range: LedgerRange }> {
  for await (const { key } of store.list(`${META_FOLDER}/segments/${dataset}/`)) {
    const id = path.posix.basename(key, '.json');
    const range = segmentRange(id);
    if (range !== undefined && key === segmentKey(dataset, id)) yield { id, range };
  }
}

/** The key of row hashes that were added to a segment later. */
function addedHashesKey(dataset: string, id: string): string {
  return `${META_FOLDER}/segments/${dataset}/${id}.rows.json`;
}

/**
 * The row hashes of a segment: those of its record, else those added later. Undefined if there are none, or only of
 * another version of the algorithm.
 * @throws ParquetryError ARCHIVE_INVALID when those added later are damaged
 */
export async function findRowHashes(
  store: ObjectStore,
  { id, identity }: SegmentRecord,
): Promise<RowHashes | undefined> {
  const key = addedHashesKey(identity.dataset, id);
  if (identity.rowHashes?.version === ROW_HASHES_VERSION) return identity.rowHashes;
  const bytes = await store.get(key).catch(whenAbsent);
  if (bytes === undefined) return undefined;
  try {
    const found = JSON.parse(Buffer.from(bytes).toString('utf8')) as RowHashes;
    if (Number.isInteger(found.version) && found.version !== ROW_HASHES_VERSION) return undefined;
    const { range, ledgers } = identity;
    const expected = segmentRowHashes(range, ledgers, Buffer.from(found.ledgers, 'base64'));
    if (found.root === expected.root) return found;
  } catch (cause) {
    throw damagedHashes(key, cause);
  }
  throw damagedHashes(key);
}

/** Adds row hashes, recomputed from the data files, to a segment that has none, or damaged ones. */
export async function addRowHashes(
  store: ObjectStore,
  record: SegmentRecord,
  hashes: RowHashes,
): Promise<void> {
  const key = addedHashesKey(record.identity.dataset, record.id);
  const bytes = Buffer.from(`${canonicalJson(hashes)}\n`);
  await putSound(store, key, bytes, () => findRowHashes(store, record));
}

/** Copies the stored bytes of a record; one at the target that was altered is replaced. */
export async function copySegmentRecord(
  from: ObjectStore,
  to: ObjectStore,
  { id, identity: { dataset } }: SegmentRecord,
): Promise<void> {
  const key = segmentKey(dataset, id);
  await putSound(to, key, await from.get(key), () => readSegment(to, dataset, id));
}

/** Writes an object unless there is one that `read` accepts. */
async function putSound(
  store: ObjectStore,
  key: string,
  bytes: Uint8Array,
  read: () => Promise<unknown>,
): Promise<void> {
  if ((await store.putIfAbsent(key, bytes)) === 'created') return;
  try {
    await read();
  } catch (error) {
    if (!isParquetryError(error) || error.code !== 'ARCHIVE_INVALID') throw error;
    await store.delete(key);
    await store.putIfAbsent(key, bytes);
  }
}

function damagedHashes(key: string, cause?: unknown): ParquetryError {
  return new ParquetryError(
    'ARCHIVE_INVALID',
    `The row hashes in ${key} are damaged: they do not have their form, or not their root.`,
    {
      details: { key },
      hint: 'Compute them again with `parquetry verify --deep --add-row-hashes`. The rows are not affected.',
      cause,
    },
  );
}

function altered(key: string, cause?: unknown): ParquetryError {
  return new ParquetryError(
    'ARCHIVE_INVALID',
    `The segment record ${key} was altered: it does not match its id.`,
    {
      details: { key },
      hint: 'Restore the object from a backup; the commit log and the data files are not affected.',
      cause,
    },
  );
}
