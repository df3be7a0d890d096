import { type Archive, type SegmentRecord, mapLimit } from '@parquetry/archive';
import { type Intervals, type LedgerRange, isParquetryError, mergeIntervals } from '@parquetry/core';

/** Reads of small objects at the same time. */
const AT_ONCE = 16;

/** Intervals of rejected ledgers that a digest keeps; neighbours are merged beyond it. */
const MAX_REJECTED = 256;

/** The parts of a segment's record that a report uses: small, so that a live page can keep them for all segments. */
export interface Digest {
  readonly range: LedgerRange;
  /** Who wrote it. */
  readonly by: 'run' | 'tail' | 'compaction';
  readonly proof: SegmentRecord['identity']['proof'];
  readonly schema: number;
  /** Ledgers with rejects, merged. */
  readonly rejected: Intervals;
  readonly rejects?: { readonly key: string; readonly rows: number };
  /** ISO 8601. */
  readonly recordedAt: string;
}

/** The digests of immutable segment records, by dataset and id; `missing` for a segment without a record. */
export type DigestCache = Map<string, Digest | 'missing'>;

/**
 * The digests of some segments, in their order; undefined for a segment whose record is missing or altered. Reads only
 * records that the cache does not have.
 */
export async function digestsOf(
  archive: Archive,
  dataset: string,
  ids: readonly string[],
  cache: DigestCache,
): Promise<(Digest | undefined)[]> {
  const table = archive.dataset(dataset);
  return mapLimit(ids, AT_ONCE, async (id) => {
    const key = `${dataset}/${id}`;
    const known = cache.get(key);
    if (known !== undefined) return known === 'missing' ? undefined : known;
    const found = await table.segment(id).then(digestOf, (error: unknown) => {
      if (isParquetryError(error) && ['OBJECT_NOT_FOUND', 'ARCHIVE_INVALID'].includes(error.code))
        return undefined;
      throw error;
    });
    cache.set(key, found ?? 'missing');
    return found;
  });
}

function digestOf({ identity, workflow, recordedAt }: SegmentRecord): Digest {
  const { range, proof, schema, rejects, rejectedLedgers } = identity;
  return {
    range,
    by: writerOf(workflow?.id ?? ''),
    proof,
    schema: schema.version,
    rejected: coarse(mergeIntervals(rejectedLedgers.map(({ ledger }) => ({ start: ledger, end: ledger })))),
    ...(rejects === null ? {} : { rejects: { key: rejects.key, rows: rejects.rows } }),
    recordedAt,
  };
}

/** Ids of workflows begin with their kind. */
function writerOf(workflow: string): Digest['by'] {
  if (/^tail[/-]/.test(workflow)) return 'tail';
  return /^compact/.test(workflow) ? 'compaction' : 'run';
}

/** Merges neighbours until few intervals are left. */
function coarse(intervals: Intervals): Intervals {
  if (intervals.length <= MAX_REJECTED) return intervals;
  const size = Math.ceil(intervals.length / MAX_REJECTED);
  const merged: LedgerRange[] = [];
  for (let at = 0; at < intervals.length; at += size) {
    const group = intervals.slice(at, at + size);
    merged.push({ start: group[0]?.start ?? 0, end: group.at(-1)?.end ?? 0 });
  }
  return merged;
}
