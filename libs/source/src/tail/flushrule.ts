import { type FlushReason, type Layout, MAX_LEDGER, layoutFolder } from '@parquetry/core';

/** What a tail knows about a ledger with rows or a close time. */
export interface LedgerFacts {
  readonly ledger: number;
  /** Rows by dataset. */
  readonly rows: ReadonlyMap<string, number>;
  /** Bytes in the source. */
  readonly bytes: number;
  /** Close time of its first message, Unix microseconds; undefined if unknown. */
  readonly closeTimeMicros?: number;
}

/** When a flush is due. */
export interface CutLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly layout: Layout;
  /** Last ledger that the flush may contain: the end of the tail, a partition edge, or a change of coverage. */
  readonly last: number;
  /** Whether the oldest waiting ledger is older than the policy allows. */
  readonly aged: boolean;
}

/** The last ledger of a flush, and why the flush ends there. */
export interface Cut {
  /** Inclusive. */
  readonly end: number;
  readonly reason: FlushReason;
}

/**
 * Decides where the flush that begins at `cursor` ends, from the closed ledgers up to `closed` (inclusive); undefined
 * if none is due. `facts` are ascending; ledgers without facts are empty. A flush ends at the first ledger at which
 * the limit of rows or bytes is reached, before a ledger of another folder, at `last`, or at `closed` if it is due by age.
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
    // The dataset with most rows decides, so that no file is much larger than requested.
    if (Math.max(...rows.values()) >= limits.maxRows) return { end: fact.ledger, reason: 'rows' };
    if (bytes >= limits.maxBytes) return { end: fact.ledger, reason: 'bytes' };
  }
  if (reach === stop) return { end: stop, reason: edge < limits.last ? 'layout_edge' : 'range_end' };
  return limits.aged ? { end: reach, reason: 'age' } : undefined;
}
