import { addRowHashes, type Archive, findRowHashes, type SegmentRecord } from '@parquetry/archive';
import {
  countLedgers,
  isParquetryError,
  type LedgerRange,
  ledgerRowHashes,
  mergeIntervals,
} from '@parquetry/core';
import { segmentRowHashes } from '@parquetry/schema';
import type { SegmentHashes } from './files';
import type { AuditFinding, RowHashCheck } from './report';

/**
 * What the records of segments say about the hashes of their rows, by the segments' ids. `addRowHashes`: missing and
 * damaged ones are computed.
 */
export async function recordedHashes(
  { store }: Archive,
  segments: readonly SegmentRecord[],
  { addRowHashes: wanted = false }: { readonly addRowHashes?: boolean },
): Promise<Map<string, SegmentHashes>> {
  const found = new Map<string, SegmentHashes>();
  for (const segment of segments)
    try {
      const hashes = await findRowHashes(store, segment);
      const expected =
        hashes === undefined ? undefined : ledgerRowHashes(segment.identity.ledgers, hashes.ledgers);
      found.set(segment.id, { expected, wanted, found: [] });
    } catch (error) {
      if (!isParquetryError(error) || error.code !== 'ARCHIVE_INVALID') throw error;
      found.set(segment.id, { expected: undefined, wanted, found: [], damage: error.message });
    }
  return found;
}

/** Damaged row hashes that were not computed again. */
export function damagedHashes(
  dataset: string,
  segments: readonly SegmentRecord[],
  hashes: ReadonlyMap<string, SegmentHashes>,
): AuditFinding[] {
  return segments.flatMap(({ id, identity: { range } }) => {
    const message = hashes.get(id)?.damage;
    return message === undefined ? [] : [{ code: 'ARCHIVE_INVALID', fault: true, dataset, range, message }];
  });
}

/**
 * How many ledgers have row hashes that agree with their rows, and which ones have none. `addRowHashes` stores those that
 * were computed from complete segments without hashes; damage that this repairs is removed from `hashes`.
 */
export async function settleHashes(
  { store }: Archive,
  segments: readonly SegmentRecord[],
  hashes: Map<string, SegmentHashes>,
  { addRowHashes: add }: { readonly addRowHashes?: boolean },
): Promise<RowHashCheck> {
  let [checked, added] = [0, 0];
  const without: LedgerRange[] = [];
  for (const segment of segments) {
    const { range, ledgers } = segment.identity;
    const { expected, found = [] } = hashes.get(segment.id) ?? {};
    // A file that can't be read, or differs, is a finding of its own.
    const complete = found.length === ledgers.length;
    if (expected !== undefined) {
      if (complete) checked += countLedgers([range]);
    } else if (add === true && complete) {
      const digests = Buffer.concat(found.map(({ hash }) => hash));
      await addRowHashes(store, segment, segmentRowHashes(range, ledgers, digests));
      hashes.delete(segment.id);
      added += countLedgers([range]);
    } else without.push(range);
  }
  return { checked, added, without: mergeIntervals(without) };
}
