import type { LedgerRange } from '@parquetry/core';
import type { Evidence, Shape, ShapeTable } from '@parquetry/schema';
import type { IndexPlan } from '../knownshapes';
import { Kernel, RECORD } from './kernel';
import * as at from './layout';
import type { Operation, ShapeCode } from './program';
import { arePlain, isNumber, isPlainString, isWhole, valueOf } from './values';

/** Maximum number of datasets to count and of numbers to watch; the caller processes all others. */
const MAX_DATASETS = 256;
const MAX_WATCHED = 4_096;

/** The counts of one dataset. */
export interface DatasetCount {
  /** Index of the dataset. */
  readonly dataset: number;
  readonly rows: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The kernel of an index pass: counts messages by dataset, with the bounds of their ledgers, and tracks the bounds
 * of integers whose types are inferred: the minimum and maximum are sufficient evidence.
 */
export class CountKernel extends Kernel<IndexPlan> {
  private readonly watched = new Map<Evidence, number>();

  constructor(shapes: ShapeTable<IndexPlan>, range: LedgerRange) {
    super(shapes, range, RECORD * (2 * MAX_DATASETS + MAX_WATCHED));
    this.view.setUint32(at.COUNTING, 1, true);
  }

  /** The counts since the last call, by dataset. */
  takeCounts(): DatasetCount[] {
    const counts: DatasetCount[] = [];
    for (let dataset = 0; dataset < MAX_DATASETS; dataset += 1) {
      const record = this.record(dataset);
      const rows = this.view.getUint32(record + at.TARGET_ROWS, true);
      if (rows === 0) continue;
      this.view.setUint32(record + at.TARGET_ROWS, 0, true);
      const bounds = this.takeBounds(record + RECORD);
      counts.push({ dataset, rows, first: Number(bounds?.min), last: Number(bounds?.max) });
    }
    return counts;
  }

  /** Adds the bounds of the watched numbers to their evidence. */
  flush(): void {
    for (const [evidence, record] of this.watched) {
      const bounds = this.takeBounds(record);
      if (bounds === undefined) continue;
      evidence.observeInteger(bounds.min);
      evidence.observeInteger(bounds.max);
    }
  }

  protected override forget(): void {
    this.flush();
    this.watched.clear();
  }

  protected override read(shape: Shape<IndexPlan>): ShapeCode | 'skip' | undefined {
    const { places, seen } = shape.plan;
    if (places === undefined) return 'skip';
    if (!arePlain(shape, places)) return undefined;
    const note = new Uint8Array(0);
    const none = { places, target: 0, operations: [], ledgerColumn: 0, timeColumn: 0, ledgerWidth: 0, note };
    // So far only messages outside the range had this structure.
    if (seen === undefined) return none;
    if (seen.number >= MAX_DATASETS) return undefined;
    const operations: Operation[] = [];
    for (const { evidence, node } of seen.observed) {
      if (!isWhole(shape, node)) {
        if (valueOf(shape, node) < 0 || isNumber(shape, node)) return undefined;
        // Another string is no evidence for a text column, nor another time for a time column.
        if (evidence.isText) continue;
        if (!isPlainString(shape, node)) return undefined;
        operations.push({ code: at.WATCH_TIME, value: valueOf(shape, node), column: 0 });
        continue;
      }
      const column = this.watch(evidence);
      if (column === undefined) return undefined;
      operations.push({ code: at.WATCH, value: valueOf(shape, node), column });
    }
    const record = this.record(seen.number);
    return { ...none, target: record, operations, ledgerColumn: record + RECORD };
  }

  /** The record of a number's bounds; undefined if there are too many. */
  private watch(evidence: Evidence): number | undefined {
    const known = this.watched.get(evidence);
    if (known !== undefined) return known;
    if (this.watched.size >= MAX_WATCHED) return undefined;
    const record = this.data + RECORD * (2 * MAX_DATASETS + this.watched.size);
    this.watched.set(evidence, record);
    return record;
  }

  /** A dataset's record; the record of its ledgers' bounds follows it. */
  private record(dataset: number): number {
    return this.data + 2 * RECORD * dataset;
  }
}
