import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readBatches } from '@parquetry/schema';
import type { RowRun } from '../rows';
import type { Part } from '../parts';
import { damaged } from './damaged';
import type { Column } from './fill';

/** DuckDB's vectors have so many rows, and row groups are multiples of them. */
const VECTOR_ROWS = 2048;

/** Consecutive rows of one record batch. */
export interface Piece {
  readonly columns: readonly Column[];
  /** First row in the batch. */
  readonly from: number;
  readonly count: number;
}

/**
 * Walks a run of rows through the record batches of a stage's parts, in pieces that no batch and no multiple of DuckDB's
 * vector size divides. One part is in memory at a time.
 */
export class BatchWalk {
  private readonly parts: Iterator<Part>;
  private batches:
    Iterator<{ readonly numRows: number; readonly data: { readonly children: unknown } }> | undefined;
  private columns: readonly Column[] = [];
  /** Rows of the batch at hand, and how many of them are behind. */
  private size = 0;
  private at = 0;
  /** Rows to be skipped until the run begins. */
  private skip: number;
  private done = 0;
  private buffer = Buffer.alloc(0);

  constructor(
    parts: readonly Part[],
    private readonly run: Pick<RowRun, 'firstRow' | 'rows'>,
  ) {
    let { firstRow } = run;
    let first = 0;
    // Parts that end before the run are not read.
    for (; first < parts.length && firstRow >= (parts[first] as Part).rows; first += 1)
      firstRow -= (parts[first] as Part).rows;
    this.parts = parts.slice(first)[Symbol.iterator]();
    this.skip = firstRow;
  }

  /**
   * The next piece, undefined at the end of the run; valid until the next call.
   * @throws ParquetryError STAGE_LOST when a part is not what the pull wrote
   */
  next(): Piece | undefined {
    const left = this.run.rows - this.done;
    if (left === 0) return undefined;
    while (this.at === this.size) {
      this.nextBatch();
      const skipped = Math.min(this.skip, this.size);
      this.skip -= skipped;
      this.at = skipped;
    }
    const toVector = VECTOR_ROWS - (this.done % VECTOR_ROWS);
    const count = Math.min(left, this.size - this.at, toVector);
    const piece = { columns: this.columns, from: this.at, count };
    this.at += count;
    this.done += count;
    return piece;
  }

  private nextBatch(): void {
    for (;;) {
      const next = this.batches?.next();
      if (next !== undefined && next.done !== true) {
        this.size = next.value.numRows;
        this.columns = next.value.data.children as readonly Column[];
        return;
      }
      const part = this.parts.next();
      if (part.done === true) damaged('they hold fewer rows than the pull counted');
      this.batches = readBatches(this.read(part.value))[Symbol.iterator]();
    }
  }

  /** Reads a part into the buffer that all parts share. */
  private read({ path, size }: Part): Uint8Array {
    if (this.buffer.length < size) this.buffer = Buffer.allocUnsafeSlow(size);
    const handle = openSync(path, 'r');
    try {
      if (fstatSync(handle).size !== size) damaged('a part has another size');
      for (let at = 0; at < size;) {
        const bytesRead = readSync(handle, this.buffer, at, size - at, at);
        if (bytesRead === 0) damaged('a part was cut short');
        at += bytesRead;
      }
    } finally {
      closeSync(handle);
    }
    return this.buffer.subarray(0, size);
  }
}
