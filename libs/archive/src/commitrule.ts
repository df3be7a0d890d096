import {
  clipIntervals,
  formatRange,
  intersectRange,
  type LedgerRange,
  ParquetryError,
} from '@parquetry/core';
import { canonicalJson } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { assertWritable } from './delta/protocol';
import type { TableState } from './delta/state';
import type { SegmentDraft } from './draft';
import { findSegment, type SegmentRecord } from './segment';
import { mapLimit } from './serial';
import { type LiveSegment, liveSegments, tableCoverage } from './table';

const STATS_AT_ONCE = 8;

/** What to do with a draft, given the current table. */
export type Decision =
  | { readonly kind: 'unchanged'; readonly segment: LiveSegment; readonly record: SegmentRecord }
  | { readonly kind: 'write'; readonly replaces: readonly LiveSegment[] };

/**
 * Decides from the state of the log alone, so that the loser of a race decides again on top of the winner's commit.
 * @throws ParquetryError COMMIT_CONFLICT when the draft overlaps live coverage that it does not replace, or when it is a
 * compaction of segments that are not live any more
 */
export async function decide(
  store: ObjectStore,
  { dataset, folder }: { readonly dataset: string; readonly folder: string },
  state: TableState,
  draft: SegmentDraft,
): Promise<Decision> {
  const merges = draft.compaction !== undefined;
  if (state.version < 0 && !merges) return { kind: 'write', replaces: [] };
  if (state.protocol !== undefined) assertWritable(state.protocol);
  const covered = clipIntervals(draft.range, tableCoverage(state));
  if (covered.length === 0 && state.foreign.size === 0 && !merges) return { kind: 'write', replaces: [] };
  assertOwn(dataset, state);
  const overlapping = liveSegments(state).filter(
    ({ range }) => intersectRange(range, draft.range) !== undefined,
  );
  const [only] = overlapping;
  if (
    only !== undefined &&
    overlapping.length === 1 &&
    formatRange(only.range) === formatRange(draft.range)
  ) {
    const record = await findSegment(store, dataset, only.id);
    const same = record !== undefined && isSame(record, draft);
    // A replacement also restores lost files.
    if (same && (draft.mode !== 'replace' || (await hasFiles(store, folder, only))))
      return { kind: 'unchanged', segment: only, record };
  }
  if (merges && overlapping.map(({ id }) => id).join() !== draft.compaction.join())
    throw replacedMeanwhile(dataset, draft.range);
  const held = overlapping.filter(
    ({ range }) => draft.mode !== 'replace' || range.start < draft.range.start || range.end > draft.range.end,
  );
  if (held.length > 0 || overlapping.length === 0) throw conflict(dataset, draft, held);
  return { kind: 'write', replaces: overlapping };
}

/** Another run replaced segments after a compaction read them: its rows are newer. */
export function replacedMeanwhile(dataset: string, range: LedgerRange): ParquetryError {
  return new ParquetryError(
    'COMMIT_CONFLICT',
    `Segments of ledgers ${formatRange(range)} of ${dataset} were replaced by another run while they were compacted.`,
    { hint: 'Run `parquetry compact` again: it starts from what is committed now.' },
  );
}

/** For `fill`, equal content and settings make an equal segment; `replace` also compares the schema and the bytes. */
function isSame({ identity }: SegmentRecord, draft: SegmentDraft): boolean {
  if (identity.contentHash !== draft.contentHash) return false;
  if (canonicalJson(identity.settings) !== canonicalJson(draft.settings)) return false;
  if (draft.mode !== 'replace') return true;
  return (
    identity.schema.fingerprint === draft.schema.fingerprint &&
    (identity.rejects?.sha256 ?? null) === (draft.rejects?.sha256 ?? null) &&
    canonicalJson(identity.files.map((file) => file.sha256)) ===
      canonicalJson(draft.files.map((file) => file.sha256))
  );
}

async function hasFiles(store: ObjectStore, folder: string, { files }: LiveSegment): Promise<boolean> {
  const sizes = await mapLimit(files, STATS_AT_ONCE, ({ path }) => store.stat(`${folder}/${path}`));
  return files.every(({ size }, index) => sizes[index]?.size === size);
}

/** @throws ParquetryError COMMIT_CONFLICT when another program added files to the table */
export function assertOwn(dataset: string, state: TableState): void {
  const { foreign } = state;
  const [first] = foreign.values();
  if (first === undefined) return;
  throw new ParquetryError(
    'COMMIT_CONFLICT',
    `Another program added ${foreign.size} files to the table ${dataset}, the first is ${first.path}; their ledgers are unknown, so nothing was written.`,
    {
      details: { dataset, files: foreign.size, first: first.path },
      hint: 'Remove those files with the program that added them, or use another archive.',
    },
  );
}

function conflict(dataset: string, draft: SegmentDraft, held: readonly LiveSegment[]): ParquetryError {
  const ranges = held.map(({ range }) => formatRange(range));
  const named = ranges.length > 8 ? [...ranges.slice(0, 8), `${ranges.length - 8} more`] : ranges;
  return new ParquetryError(
    'COMMIT_CONFLICT',
    `Ledgers ${formatRange(draft.range)} of ${dataset} can't be committed: the committed ${named.length === 1 ? 'segment' : 'segments'} ${named.join(', ') || 'coverage'} ${named.length > 1 ? 'overlap' : 'overlaps'} and would not be replaced as a whole.`,
    {
      details: { dataset, start: draft.range.start, end: draft.range.end, overlaps: ranges.slice(0, 100) },
      hint:
        draft.mode === 'replace'
          ? 'Replace whole segments: choose a range that contains all of them.'
          : 'Backfill only what is missing (mode fill plans that), or replace the committed segments with mode replace.',
    },
  );
}
