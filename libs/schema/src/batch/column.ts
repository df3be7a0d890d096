import type { Data } from 'apache-arrow';
import type { CellValue } from './cell';

/** Rows that a builder has room for at first; it grows as needed. */
const FIRST_CAPACITY = 2048;

/**
 * Builds one column of a record batch straight in Arrow's buffers. (`apache-arrow` has builders of its own; they take
 * four times as long, docs/decisions/013-arrow-lane.md.) Used again for every batch: what `finish` returned is valid
 * until the next `append`.
 */
export abstract class ColumnBuilder {
  /** Values appended since the last `clear`, nulls among them. */
  length = 0;
  /** How many of them are null. */
  nulls = 0;
  protected capacity = FIRST_CAPACITY;
  private bitmap = new Uint8Array(FIRST_CAPACITY >> 3).fill(0xff);

  /**
   * Appends a value.
   * @throws ParquetryError SCHEMA_CONFLICT when the column's type can't hold exactly this value
   */
  append(value: CellValue): void {
    if (this.length === this.capacity) this.extend();
    if (value === null || value === undefined) {
      this.putNull(this.length);
      this.markNull(this.length);
    } else this.put(value, this.length);
    this.length += 1;
  }

  /** Bytes of the values so far, about. */
  abstract get bytes(): number;
  /** The column as Arrow data. */
  abstract finish(): Data;
  /** Bytes that the values have as JSON text inside a nested value, nulls not counted. */
  abstract textBytes(): number;
  /** Bytes of one value in a column of its own (see core's `StagedDataset.bytes`), beside those of `heapBytes`. */
  protected abstract readonly width: number;

  /** Bytes of the values in a column of their own, nulls not counted: the same in every form of a stage. */
  plainBytes(): number {
    return this.width * (this.length - this.nulls) + this.heapBytes();
  }

  /** Bytes of values that have no fixed width. */
  protected heapBytes(): number {
    return 0;
  }
  /** Writes a value at an index within the capacity. */
  protected abstract put(value: Exclude<CellValue, null | undefined>, at: number): void;
  /** Makes room for `capacity` values, keeping what is there. */
  protected abstract grow(capacity: number): void;

  /** Writes what stands for a null; nothing where Arrow reads no value there. */
  protected putNull(_at: number): void {}

  /** Begins the next batch. */
  clear(): void {
    if (this.nulls > 0) this.bitmap.fill(0xff);
    this.length = 0;
    this.nulls = 0;
  }

  /** Validity bits, or undefined when there is no null. */
  protected get validity(): Uint8Array | undefined {
    return this.nulls === 0 ? undefined : this.bitmap.subarray(0, (this.length + 7) >> 3);
  }

  private markNull(at: number): void {
    this.bitmap[at >> 3] = (this.bitmap[at >> 3] as number) & ~(1 << (at & 7));
    this.nulls += 1;
  }

  private extend(): void {
    const bitmap = new Uint8Array(this.capacity >> 2).fill(0xff);
    bitmap.set(this.bitmap);
    this.bitmap = bitmap;
    this.grow(this.capacity * 2);
    this.capacity *= 2;
  }
}
