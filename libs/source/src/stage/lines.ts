import { type FileHandle, open } from 'node:fs/promises';

const FLUSH_BYTES = 1 << 20;
const BUFFER_BYTES = FLUSH_BYTES + (1 << 16);
const MAX_FREE = 4;

/** Appends lines or raw bytes to a file through bounded buffers; call `drain` between batches for back-pressure. */
export class LineFile {
  private buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  /** Written buffers, for reuse: allocating memory costs more than the copy into it. */
  private readonly free: Buffer[] = [];
  private used = 0;
  private handle: FileHandle | undefined;
  private pending: Promise<void> = Promise.resolve();
  private pendingBytes = 0;
  /** Bytes appended so far, newlines included. */
  bytes = 0;

  constructor(readonly path: string) {}

  /** Appends one line and a newline. The bytes are copied, so the caller may reuse its buffer. */
  append(line: string | Uint8Array): void {
    const size = typeof line === 'string' ? Buffer.byteLength(line) : line.length;
    if (this.used + size + 1 > this.buffer.length) this.rotate(size + 1);
    this.used += typeof line === 'string' ? this.buffer.write(line, this.used) : this.copy(line);
    this.buffer[this.used++] = 10;
    this.bytes += size + 1;
    if (this.used >= FLUSH_BYTES) this.rotate(0);
  }

  /** Appends raw bytes; they are copied. */
  appendBytes(bytes: Uint8Array): void {
    if (this.used + bytes.length > this.buffer.length) this.rotate(bytes.length);
    this.used += this.copy(bytes);
    this.bytes += bytes.length;
    if (this.used >= FLUSH_BYTES) this.rotate(0);
  }

  /** Waits for pending writes when they exceed `limit` bytes. */
  async drain(limit = 4 * FLUSH_BYTES): Promise<void> {
    if (this.pendingBytes > limit) await this.pending;
  }

  /** Writes the remaining bytes and closes the file. It does not sync: later steps run on the same machine. */
  async close(): Promise<void> {
    this.rotate(0);
    try {
      await this.pending;
    } finally {
      await this.handle?.close();
      this.handle = undefined;
    }
  }

  private copy(line: Uint8Array): number {
    this.buffer.set(line, this.used);
    return line.length;
  }

  private rotate(need: number): void {
    const whole = this.buffer;
    const full = whole.subarray(0, this.used);
    if (this.used > 0) {
      this.pendingBytes += full.length;
      this.pending = this.pending.then(async () => {
        this.handle ??= await open(this.path, 'w');
        await this.handle.writeFile(full);
        this.pendingBytes -= full.length;
        if (whole.length === BUFFER_BYTES && this.free.length < MAX_FREE) this.free.push(whole);
      });
      // drain() or close() reports the failure; until then, this prevents an unhandled rejection.
      this.pending.catch(() => undefined);
    } else if (this.bytes === 0 && need === 0) {
      this.pending = this.pending.then(async () => {
        this.handle ??= await open(this.path, 'w');
      });
      this.pending.catch(() => undefined);
    }
    if (this.used > 0 || need > this.buffer.length)
      this.buffer =
        need > BUFFER_BYTES
          ? Buffer.allocUnsafe(need)
          : (this.free.pop() ?? Buffer.allocUnsafe(BUFFER_BYTES));
    this.used = 0;
  }
}
