import type { ColumnTally } from '@parquetry/core';

/** Tracks the null count and the bounds of one top-level column while its rows are staged. */
export class ColumnCounter {
  private nulls = 0;
  private min: bigint | number | undefined;
  private max: bigint | number | undefined;

  /** Counts rows that are null in this column. */
  addNull(rows = 1): void {
    this.nulls += rows;
  }

  /**
   * The row's value of an integer or timestamp column (Unix microseconds). Numbers must be safe integers; wider values
   * are bigint. Other column types have no bounds, so they are not reported here.
   */
  addBound(value: bigint | number): void {
    if (this.min === undefined || value < this.min) this.min = value;
    if (this.max === undefined || value > this.max) this.max = value;
  }

  /** The counts and bounds for the stage manifest. */
  tally(): ColumnTally {
    if (this.min === undefined || this.max === undefined) return { nulls: this.nulls };
    return { nulls: this.nulls, min: String(this.min), max: String(this.max) };
  }
}
