import path from 'node:path';
import * as core from '@parquetry/core';
import type { StagedDataset } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { PlainColumn } from './column';
import { writePart } from './part';
import { StructColumn } from './struct';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { PART_BYTES, PART_ROWS, partName } = core;

/** Options of parts. */
export interface PartOptions {
  /** Files on the same disk that parts may overwrite; see `keepForReuse`. */
  readonly spareDir?: string | undefined;
  /** Initial buffer size of a column in bytes, a power of two; see `memoryShares`. */
  readonly columnBytes?: number;
  /** Size in bytes at which a part is closed after its current vector; see `memoryShares`. */
  readonly partBytes?: number;
}

/**
 * The rows of a staged dataset as Parquet files of plain pages. A part is closed at the end of a vector of rows when it
 * has about 8 MB, or its share of that when a pull has many datasets. It is closed earlier when rows are so wide that
 * one vector would not fit in memory.
 */
export class PlainParts {
  columns: readonly PlainColumn[];
  private typed = false;
  private readonly rows: number[] = [];
  private readonly sizes: number[] = [];
  /** Rows of the current part. */
  current = 0;
  /** Called with the number of rows of each part before its columns are cleared. */
  onPart: ((rows: number) => void) | undefined;
  private plainBytes = 0;
  private readonly most: number;

  constructor(
    private readonly dir: string,
    private readonly dataset: string,
    private readonly schema: TableSchema,
    private readonly options: PartOptions = {},
  ) {
    this.columns = schema.fields.map(({ type }) => new PlainColumn(type.type, options.columnBytes));
    this.most = options.partBytes ?? PART_BYTES;
  }

  /** Stages decimals and structs with Parquet's own types instead of text. Call it before the first row. */
  stageTyped(): void {
    this.typed = true;
    this.columns = this.schema.fields.map(({ type }, index) =>
      type.type === 'struct' ? new StructColumn(type) : (this.columns[index] as PlainColumn),
    );
  }

  /** Records rows that were kept in every column; they must not cross the end of a vector. */
  addRows(rows: number): void {
    this.current += rows;
    if (this.current % PART_ROWS === 0) {
      if (this.bytes() >= this.most) this.closePart();
    } else if ((rows > 1 || (this.current & 15) === 0) && this.bytes() >= WIDE_BYTES) this.closePart();
  }

  /** Whether decimals and structs have Parquet's own types. */
  get isTyped(): boolean {
    return this.typed;
  }

  /** Number of closed parts. */
  get closed(): number {
    return this.sizes.length;
  }

  /** Closes the last part, releases the memory and returns the fields of `StagedDataset`. */
  close(): Pick<StagedDataset, 'bytes' | 'parts' | 'partRows' | 'typed'> {
    if (this.current > 0 || this.sizes.length === 0) this.closePart();
    for (const column of this.columns) column.release();
    const typed = this.typed ? { typed: true as const } : {};
    return { bytes: this.plainBytes, parts: this.sizes, partRows: this.rows, ...typed };
  }

  private bytes(): number {
    let bytes = 0;
    for (const column of this.columns) bytes += column.bytes;
    return bytes;
  }

  private closePart(): void {
    const file = path.join(this.dir, partName(this.dataset, this.sizes.length));
    const { typed, options } = this;
    this.sizes.push(writePart(file, this.schema, this.columns, this.current, { typed, ...options }));
    this.rows.push(this.current);
    this.onPart?.(this.current);
    for (const column of this.columns) this.plainBytes += column.plainBytes;
    this.current = 0;
    for (const column of this.columns) column.clear();
  }
}

/** Size in bytes at which a part is closed even within a vector. */
const WIDE_BYTES = 8 * PART_BYTES;
