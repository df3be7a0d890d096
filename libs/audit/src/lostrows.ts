import type { SegmentRecord, Snapshot } from '@parquetry/archive';
import { formatRange, type Intervals, type LedgerRange, meets, mergeIntervals } from '@parquetry/core';
import type { AuditFinding } from './report';

/** Files and ledgers that a message names. */
const NAMED = 8;

/**
 * Rows that the records of live segments count, but that no reader of the log finds: recorded files without an entry in
 * the log, and ledgers with rows that are in no recorded file. The coverage of such segments looks complete. Reads
 * nothing.
 */
export function lostRows(
  { dataset, files }: Pick<Snapshot, 'dataset' | 'files'>,
  segments: readonly SegmentRecord[],
  ranges?: Intervals,
): AuditFinding[] {
  const live = new Set(files.map(({ path }) => path));
  const findings: AuditFinding[] = [];
  for (const { id, identity } of segments) {
    const find = (range: LedgerRange, message: string): number =>
      findings.push({ code: 'RECORD_DIFFERS', fault: true, dataset, range, message });
    const lost = identity.files.filter(({ path, range }) => meets(range, ranges) && !live.has(path));
    if (lost.length > 0)
      find(
        identity.range,
        `The log lacks ${lost.length} of ${identity.files.length} files of the live segment ${id}: ${named(lost.map(({ path }) => path))}.`,
      );
    const outside = mergeIntervals(unfiled(identity, ranges));
    if (outside.length > 0)
      find(
        identity.range,
        `The record of segment ${id} counts rows that are in none of its files, in ledgers ${named(outside.map(formatRange))}.`,
      );
  }
  return findings;
}

/** Ledgers with rows that are in no file of the record. */
function unfiled({ ledgers, files }: SegmentRecord['identity'], ranges?: Intervals): LedgerRange[] {
  const covered = mergeIntervals(files.map(({ range }) => range));
  let next = 0;
  return ledgers.flatMap(({ ledger, rows }) => {
    while ((covered[next]?.end ?? ledger) < ledger) next += 1;
    const own = { start: ledger, end: ledger };
    const found = (covered[next]?.start ?? Number.POSITIVE_INFINITY) <= ledger;
    return rows === 0 || found || !meets(own, ranges) ? [] : [own];
  });
}

function named(texts: readonly string[]): string {
  return `${texts.slice(0, NAMED).join(', ')}${texts.length > NAMED ? ', …' : ''}`;
}
