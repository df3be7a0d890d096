import { type Layout, type LayoutFolder, layoutFolder } from './layout';
import { MAX_LEDGER, type LedgerRange } from './range';

/** What a pull counted for one ledger that has rows. */
export interface LedgerTally {
  readonly ledger: number;
  /** Rows staged for the ledger. */
  readonly rows: number;
  /** Close time of the ledger's first row, Unix microseconds. */
  readonly closeTimeMicros: number;
  /** Greatest close time of its rows, Unix microseconds. */
  readonly lastCloseTimeMicros: number;
}

/** Why a file was closed. */
export type FlushReason = 'rows' | 'bytes' | 'age' | 'layout_edge' | 'range_end';

/** Row limit and byte limit of a file; a file closes at the first ledger boundary at or after one of them. */
export interface FlushTriggers {
  readonly maxRows?: number;
  /** Estimated file bytes per row times rows; see `bytesPerRow`. */
  readonly maxBytes?: number;
  /** Compressed bytes per row, measured on the partition's own first rows. Needed by `maxBytes`. */
  readonly bytesPerRow?: number;
}

/** One file to be written: its rows are `rows` rows from `firstRow` (0-based) in (ledger, ordinal) order. */
export interface FileCut {
  /** Ledgers the file covers, inclusive. */
  readonly range: LedgerRange;
  readonly folder: LayoutFolder;
  readonly firstRow: number;
  readonly rows: number;
  readonly ledgers: readonly LedgerTally[];
  readonly lastCloseTimeMicros: number;
  readonly reason: FlushReason;
}

/**
 * Cuts the rows of a partition into files: a pure function of the rows, so a re-run cuts the same files. A file never
 * splits a ledger and never crosses a layout edge. `ledgers` holds the ledgers with rows in ascending order. The files
 * cover `range` without gaps: a file includes the empty ledgers before its first row, and the last file those up to the
 * end of the range (or of its folder in a `ledger_range` layout). So a file's name says which ledgers it covers.
 */
export function planCuts(
  range: LedgerRange,
  ledgers: readonly LedgerTally[],
  layout: Layout,
  triggers: FlushTriggers,
): FileCut[] {
  const cuts: FileCut[] = [];
  let open: LedgerTally[] = [];
  let folder: LayoutFolder | undefined;
  let firstRow = 0;
  let rows = 0;
  let next = range.start;
  const close = (reason: FlushReason): void => {
    const last = open.at(-1);
    if (last === undefined || folder === undefined) return;
    const edges = folderEdges(layout, last.ledger);
    const start = Math.max(next, edges.start);
    const end = reason === 'range_end' ? Math.min(range.end, edges.end) : last.ledger;
    const lastCloseTimeMicros = open.reduce((max, tally) => Math.max(max, tally.lastCloseTimeMicros), 0);
    cuts.push({ range: { start, end }, folder, firstRow, rows, ledgers: open, lastCloseTimeMicros, reason });
    next = end + 1;
    firstRow += rows;
    rows = 0;
    open = [];
  };
  for (const tally of ledgers) {
    const target = layoutFolder(layout, tally.ledger, tally.closeTimeMicros);
    if (folder !== undefined && target.path !== folder.path) close('layout_edge');
    folder = target;
    open.push(tally);
    rows += tally.rows;
    if (triggers.maxRows !== undefined && rows >= triggers.maxRows) close('rows');
    else if (triggers.maxBytes !== undefined && rows * (triggers.bytesPerRow ?? 0) >= triggers.maxBytes)
      close('bytes');
  }
  close('range_end');
  return cuts;
}

function folderEdges(layout: Layout, ledger: number): LedgerRange {
  if (layout.kind !== 'ledger_range') return { start: 0, end: MAX_LEDGER };
  const start = Math.floor(ledger / layout.width) * layout.width;
  return { start, end: start + layout.width - 1 };
}
