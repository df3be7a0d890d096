import path from 'node:path';
import { PART_BYTES, partName } from '@parquetry/core';
import { BatchBuilder, BatchEncoder, type TableSchema } from '@parquetry/schema';
import type { RowParts } from './dataset';
import { LineFile } from './lines';

/** Most rows of a record batch: one DuckDB vector. */
const BATCH_ROWS = 2048;
/** Bytes at which a batch is closed before that. */
const BATCH_BYTES = 1 << 20;

/** The rows of a staged dataset as Arrow record batches, in IPC streams of about 8 MB. */
export class BatchParts implements RowParts {
  readonly form = 'arrow';
  /** Takes the rows: one `append` a column, then `endRow`. */
  readonly builder: BatchBuilder;
  private file: LineFile;
  private encoder: BatchEncoder;
  private readonly parts: number[] = [];
  private readonly partRows: number[] = [];
  private readonly closing: Promise<void>[] = [];
  /** Rows in batches of the part at hand. */
  private rows = 0;
  private plainBytes = 0;

  constructor(
    private readonly dir: string,
    private readonly dataset: string,
    schema: TableSchema,
  ) {
    this.builder = new BatchBuilder(schema);
    this.file = this.open();
    this.encoder = this.encode();
  }

  /** Ends a row that was appended to the builder. */
  endRow(): void {
    const { builder } = this;
    builder.endRow();
    if (builder.rows === BATCH_ROWS || ((builder.rows & 7) === 0 && builder.bytes >= BATCH_BYTES))
      this.endBatch();
  }

  async drain(): Promise<void> {
    if (this.closing.length > 1) await Promise.all(this.closing.splice(0));
    await this.file.drain();
  }

  async close(): Promise<{ bytes: number; parts: readonly number[]; partRows: readonly number[] }> {
    if (this.builder.rows > 0) this.endBatch();
    if (this.rows > 0 || this.parts.length === 0) this.endPart();
    await Promise.all(this.closing);
    return { bytes: this.plainBytes, parts: this.parts, partRows: this.partRows };
  }

  private endBatch(): void {
    const { rows, plainBytes } = this.builder.take((batch) => this.encoder.write(batch));
    this.rows += rows;
    this.plainBytes += plainBytes;
    if (this.file.bytes < PART_BYTES) return;
    this.endPart();
    this.file = this.open();
    this.encoder = this.encode();
  }

  private endPart(): void {
    this.encoder.finish();
    this.parts.push(this.file.bytes);
    this.partRows.push(this.rows);
    this.rows = 0;
    const closed = this.file.close();
    // A failure is reported by drain() or close(); without this it would count as unhandled meanwhile.
    closed.catch(() => undefined);
    this.closing.push(closed);
  }

  private open(): LineFile {
    return new LineFile(path.join(this.dir, partName(this.dataset, this.parts.length, this.form)));
  }

  private encode(): BatchEncoder {
    const { file } = this;
    return new BatchEncoder(this.builder.schema, (bytes) => file.appendBytes(bytes));
  }
}
