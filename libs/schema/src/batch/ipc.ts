import { type RecordBatch, RecordBatchReader, RecordBatchStreamWriter, type Schema } from 'apache-arrow';

/** Writes record batches of one schema as an Arrow IPC stream, in pieces that are copied at once. */
export class BatchEncoder extends RecordBatchStreamWriter {
  /** `sink` hears the stream's bytes in order; they are its own only until it returns. */
  constructor(
    schema: Schema,
    private readonly sink: (bytes: Uint8Array) => void,
  ) {
    super({ autoDestroy: false });
    this.reset(undefined, schema);
  }

  protected override _write(chunk: ArrayBufferView): this {
    this.sink(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    return this;
  }
}

/** The record batches of an IPC stream; their columns are views of `bytes`. */
export function readBatches(bytes: Uint8Array): Iterable<RecordBatch> {
  return RecordBatchReader.from(bytes);
}
