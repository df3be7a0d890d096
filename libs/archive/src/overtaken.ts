import {
  formatRange,
  intersectRange,
  type LedgerRange,
  sameReadSettings,
  subtractIntervals,
} from '@parquetry/core';
import type { SegmentDraft } from './draft';
import type { SegmentRecord } from './segment';
import type { Snapshot } from './snapshot';

/** Ledgers of a draft that other writers committed since it was planned, with the same content. */
export interface Overtaken {
  /** Their segments in ledger order; `workflow` made the segment, if its record says so. */
  readonly segments: readonly {
    readonly id: string;
    readonly range: LedgerRange;
    readonly workflow?: string;
  }[];
  /** The parts of the draft's range that remain uncovered. */
  readonly rest: readonly LedgerRange[];
  /** One sentence that says who committed what. */
  readonly message: string;
}

/**
 * Whether another writer overtook a refused draft: live segments contain some of its ledgers, were read with the same
 * settings, have the same number of rows and rejects in each ledger, and a segment of the same range has the same
 * content. Undefined otherwise: the contents conflict, and a person must decide.
 */
export async function overtaken(
  snapshot: Snapshot,
  draft: SegmentDraft,
  read: (id: string) => Promise<SegmentRecord>,
): Promise<Overtaken | undefined> {
  if (draft.mode === 'replace' || snapshot.files.some(({ segment }) => segment === undefined))
    return undefined;
  const found: { id: string; range: LedgerRange; workflow?: string }[] = [];
  for (const { id, range } of snapshot.segments) {
    const common = intersectRange(range, draft.range);
    if (common === undefined) continue;
    const { identity, workflow } = await read(id);
    const whole = formatRange(range) === formatRange(draft.range);
    if (!sameReadSettings(identity.settings, draft.settings)) return undefined;
    if (whole && identity.contentHash !== draft.contentHash) return undefined;
    if (counts(identity, common) !== counts(draft, common)) return undefined;
    found.push({ id, range, ...(workflow === undefined ? {} : { workflow: workflow.id }) });
  }
  if (found.length === 0) return undefined;
  const rest = subtractIntervals(
    draft.range,
    found.map(({ range }) => range),
  );
  const who = [...new Set(found.map(({ workflow }) => workflow ?? 'another writer'))].slice(0, 3).join(', ');
  const what = found.map(({ range }) => formatRange(range));
  const named =
    what.length > 5 ? `${what.slice(0, 5).join(', ')} and ${what.length - 5} more` : what.join(', ');
  return {
    segments: found,
    rest,
    message: `Ledgers ${named} of ${snapshot.dataset} were committed by ${who} meanwhile, with the same row count in each ledger; ${
      rest.length === 0 ? 'nothing remains' : `remaining: ${rest.map(formatRange).join(', ')}`
    }.`,
  };
}

/** Rows and rejects of each ledger of a range, as a string for comparison. */
function counts(
  { ledgers, rejectedLedgers }: Pick<SegmentDraft, 'ledgers' | 'rejectedLedgers'>,
  { start, end }: LedgerRange,
): string {
  const rows = ledgers.filter(({ ledger }) => ledger >= start && ledger <= end);
  const rejects = rejectedLedgers.filter(({ ledger }) => ledger >= start && ledger <= end);
  return JSON.stringify([
    rows.map((entry) => [entry.ledger, entry.rows]),
    rejects.map((entry) => [entry.ledger, entry.rejected]),
  ]);
}
