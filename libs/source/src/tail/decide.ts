import { type FlushReason, type Layout, MAX_LEDGER, layoutFolder } from '@parquetry/core';

/** What a tail knows of one ledger that has rows or a close time. */
export interface LedgerFacts {
  readonly ledger: number;
  /** Rows by dataset. */
  readonly rows: ReadonlyMap<string, number>;
  /** Bytes as the source has them. */
  readonly bytes: number;
  /** Close time of its first message, Unix microseconds; undefined where no message says one. */
  readonly closeTimeMicros?: number;
}

/** When a flush is due. */
export interface CutLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly layout: Layout;
  /** The flush must not go beyond this ledger: the end of the tail, a partition edge, or where coverage changes. */
  readonly last: number;
  /** The oldest ledger that waits is older than the policy allows. */
  readonly aged: boolean;
}

/** Where a flush ends, and what closed it. */
export interface Cut {
  /** Inclusive. */
  readonly end: number;
  readonly reason: FlushReason;
}

/**
 * Decides where the flush that begins at `cursor` ends, from the closed ledgers up to `closed` (inclusive); undefined
 * when none is due. `facts` are ascending; ledgers without facts are empty. A flush ends at the first ledger at which
 * rows or bytes are reached, before a ledger that belongs to another folder, at `last`, or where age takes it.
 */
export function decideCut(
  cursor: number,
  closed: number,
  facts: readonly LedgerFacts[],
  limits: CutLimits,
): Cut | undefined {
  const { layout } = limits;
  const edge =
    layout.kind === 'ledger_range'
      ? Math.floor(cursor / layout.width) * layout.width + layout.width - 1
      : MAX_LEDGER;
  const stop = Math.min(limits.last, edge);
  const reach = Math.min(closed, stop);
  if (reach < cursor) return undefined;
  const rows = new Map<string, number>();
  let bytes = 0;
  let folder: string | undefined;
  for (const fact of facts) {
    if (fact.ledger < cursor) continue;
    if (fact.ledger > reach) break;
    if (fact.closeTimeMicros !== undefined) {
      const { path } = layoutFolder(layout, fact.ledger, fact.closeTimeMicros);
      if (folder !== undefined && path !== folder) return { end: fact.ledger - 1, reason: 'layout_edge' };
      folder = path;
    }
    bytes += fact.bytes;
    for (const [dataset, count] of fact.rows) rows.set(dataset, (rows.get(dataset) ?? 0) + count);
    // The dataset that has most rows decides, so that no file is much larger than was asked.
    if (Math.max(...rows.values()) >= limits.maxRows) return { end: fact.ledger, reason: 'rows' };
    if (bytes >= limits.maxBytes) return { end: fact.ledger, reason: 'bytes' };
  }
  if (reach === stop) return { end: stop, reason: edge < limits.last ? 'layout_edge' : 'range_end' };
  return limits.aged ? { end: reach, reason: 'age' } : undefined;
}
