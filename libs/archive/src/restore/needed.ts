import { coversRange, intersectRange, isParquetryError, type LedgerRange } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';
import type { TableState } from '../delta/state';
import { findSegment, recordedSegments, segmentRange, type SegmentRecord } from '../segment';
import { type LiveSegment, liveSegments, tableCoverage } from '../table';
import { markerKey } from './marker';

/** For how long the list of records is used; a file that is swept is much older than a record that it could miss. */
const LIST_AGE_MS = 600_000;

interface Recorded {
  readonly id: string;
  readonly range: LedgerRange;
}

interface View {
  readonly state: TableState;
  readonly version: number;
  readonly at: number;
  readonly records: readonly Recorded[];
  readonly live: readonly LiveSegment[];
  /** What recorded segments replace, by their id, as far as it was read. */
  readonly replaced: Map<string, Replacement>;
}

interface Replacement {
  /** Unix milliseconds, of the record. */
  readonly at: number;
  /** Ranges of the replaced segments. */
  readonly ranges: readonly LedgerRange[];
}

/**
 * Decides which files without a commit a restore of the log may still need. A log that lost its newest commits looks
 * whole, so the records of the segments decide, not the log alone.
 */
export class NeededFiles {
  private view: View | undefined;
  private forget: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: ObjectStore,
    private readonly dataset: string,
    private readonly folder: string,
    /** Unix milliseconds. */
    private readonly clock: () => number,
  ) {}

  /**
   * True while a restore is unfinished, for a log without commits, and for a file of a recorded segment that has all of
   * its files while the table lacks some of its ledgers, or a file with them.
   */
  async has(state: TableState, path: string): Promise<boolean> {
    if (state.version < 0 || (await this.store.stat(markerKey(this.dataset))) !== undefined) return true;
    // The log says that it was replaced.
    if (state.removed.has(path)) return false;
    const own = fileNameRange(path);
    const { records, live } = await this.viewOf(state);
    for (const { id, range } of records) {
      if (own !== undefined && !contains(range, own)) continue;
      if (coversRange(tableCoverage(state), range) && (await this.areWhole(live, range))) continue;
      const files = await this.filesOf(id);
      if (files.some((file) => file.path === path) && (await this.exist(files))) return true;
    }
    return false;
  }

  /**
   * When a segment that replaces the ledgers of a file was last recorded, Unix milliseconds; 0 if none was. The log does
   * not tell: a checkpoint drops tombstones after a week.
   */
  async replacedAt(state: TableState, path: string): Promise<number> {
    const own = fileNameRange(path);
    if (own === undefined) return 0;
    const { records, replaced } = await this.viewOf(state);
    let last = 0;
    for (const { id, range } of records) {
      if (!contains(range, own)) continue;
      const { at, ranges } = replaced.get(id) ?? (await this.replacementOf(id));
      replaced.set(id, { at, ranges });
      if (ranges.some((each) => contains(each, own))) last = Math.max(last, at);
    }
    return last;
  }

  private async viewOf(state: TableState): Promise<View> {
    const now = this.clock();
    const { view } = this;
    if (view?.state === state && view.version === state.version && now - view.at < LIST_AGE_MS) return view;
    const records: Recorded[] = [];
    for await (const record of recordedSegments(this.store, this.dataset)) records.push(record);
    clearTimeout(this.forget);
    // Otherwise it would keep a state of the log, with all files, that nothing else uses.
    this.forget = setTimeout(() => (this.view = undefined), LIST_AGE_MS);
    this.forget.unref();
    return (this.view = {
      state,
      version: state.version,
      at: now,
      records,
      live: liveSegments(state),
      replaced: new Map(),
    });
  }

  /** Whether storage has the files of all live segments with ledgers of a range. */
  private async areWhole(live: readonly LiveSegment[], range: LedgerRange): Promise<boolean> {
    const files = live
      .filter((segment) => intersectRange(segment.range, range) !== undefined)
      .flatMap((segment) => segment.files);
    return this.exist(files);
  }

  private async exist(files: readonly { readonly path: string; readonly size: number }[]): Promise<boolean> {
    for (const { path, size } of files)
      if ((await this.store.stat(`${this.folder}/${path}`))?.size !== size) return false;
    return true;
  }

  /** The files of a recorded segment; none for a record that can't be read, because no restore uses it. */
  private async filesOf(id: string): Promise<readonly { readonly path: string; readonly size: number }[]> {
    return (await this.readable(id))?.identity.files ?? [];
  }

  private async replacementOf(id: string): Promise<Replacement> {
    const record = await this.readable(id);
    const ranges = (record?.identity.replaces ?? []).flatMap((other) => segmentRange(other) ?? []);
    return { at: Date.parse(record?.recordedAt ?? '') || 0, ranges };
  }

  private async readable(id: string): Promise<SegmentRecord | undefined> {
    return findSegment(this.store, this.dataset, id).catch((error: unknown) => {
      if (!isParquetryError(error) || error.code !== 'ARCHIVE_INVALID') throw error;
      return undefined;
    });
  }
}

function contains(range: LedgerRange, inner: LedgerRange): boolean {
  return range.start <= inner.start && inner.end <= range.end;
}

/** The ledgers in the name of a data file. */
function fileNameRange(path: string): LedgerRange | undefined {
  const match = /stellar-data-(\d{1,10})-(\d{1,10})-[^/]*$/.exec(path);
  return match === null ? undefined : { start: Number(match[1]), end: Number(match[2]) };
}
