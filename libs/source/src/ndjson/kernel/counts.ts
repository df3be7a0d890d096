import type { LedgerRange } from '@parquetry/core';
import type { Evidence, Shape, ShapeTable } from '@parquetry/schema';
import type { IndexPlan } from '../knownshapes';
import { Kernel, RECORD } from './kernel';
import * as at from './layout';
import type { Operation, ShapeCode } from './program';
import { arePlain, isNumber, isPlainString, isWhole, valueOf } from './values';

/** Datasets that are counted, and numbers that are watched, at once; what goes beyond is the caller's. */
const MAX_DATASETS = 256;
const MAX_WATCHED = 4_096;

/** What was counted of one dataset. */
export interface DatasetCount {
  /** Index of the dataset. */
  readonly dataset: number;
  readonly rows: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The kernel of an index pass: counts plain messages by dataset, with the bounds of their ledgers, and keeps the bounds
 * of the integers whose types are being inferred: no other integer says more than the least and the greatest.
 */
export class CountKernel extends Kernel<IndexPlan> {
  private readonly watched = new Map<Evidence, number>();

  constructor(shapes: ShapeTable<IndexPlan>, range: LedgerRange) {
    super(shapes, range, RECORD * (2 * MAX_DATASETS + MAX_WATCHED));
    this.view.setUint32(at.COUNTING, 1, true);
  }

  /** What was counted since the last call, by dataset. */
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

  /** Hands the bounds of the watched numbers to their evidence. */
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
    // Only messages outside of the range were of this structure so far.
    if (seen === undefined) return none;
    if (seen.number >= MAX_DATASETS) return undefined;
    const operations: Operation[] = [];
    for (const { evidence, node } of seen.observed) {
      if (!isWhole(shape, node)) {
        if (valueOf(shape, node) < 0 || isNumber(shape, node)) return undefined;
        // One more string says nothing about a column of text, nor one more time about a column of times.
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

  /** The record of a number's bounds; undefined when there are too many. */
  private watch(evidence: Evidence): number | undefined {
    const known = this.watched.get(evidence);
    if (known !== undefined) return known;
    if (this.watched.size >= MAX_WATCHED) return undefined;
    const record = this.data + RECORD * (2 * MAX_DATASETS + this.watched.size);
    this.watched.set(evidence, record);
    return record;
  }

  /** A dataset's record; that of its ledgers' bounds comes after it. */
  private record(dataset: number): number {
    return this.data + 2 * RECORD * dataset;
  }
}
